"""Rows for primitives that multiply and add up: matrix products, convolutions, fused normalisations."""

from __future__ import annotations

from logit_magic.emission import contractions
from logit_magic.emission.primitive_patterns import learned
from logit_magic.emission.primitives import Step, primitive
from logit_magic.emission.value import Value, unknown

_CONTRACTIONS = (
    "dot_general MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum aten.mm aten.bmm aten.matmul aten.mv aten.dot \
aten.addmm aten.baddbmm"
)
_AFFINE = "conv_general_dilated Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput Conv3DBackpropInputV2 aten.convolution"
_NORMALISATIONS = "FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 aten.native_batch_norm aten.cudnn_batch_norm \
aten._native_batch_norm_legit_no_training aten.native_layer_norm aten.native_group_norm aten.batch_norm aten.layer_norm"


@primitive(_CONTRACTIONS)
def contract(step: Step) -> Value | None:
    """With trainable weights any real number, whatever they are multiplied with."""
    if any(learned(o) for o in step.node.operands):
        return step.affine()
    operands = step.node.operands
    if len(operands) != 2:
        return unknown(f"{step.label} multiplies tensors of which none are trainable weights", step.node.shape)
    a, b = (step.evaluation.value(o) for o in operands)
    return contractions.contract(a, b, _plan(step, a, b), step.label, step.node.shape)


def _plan(step: Step, a: Value, b: Value) -> contractions.Plan | None:
    name = step.node.primitive
    if name == "dot_general":
        return _dot_general(step.param("dimension_numbers"), a.rank, b.rank)
    if name == "Einsum":
        labels = contractions.einsum(str(step.param("equation", "")), [a.rank, b.rank])
        return None if labels is None else contractions.Plan(labels[0], labels[1], labels[2])
    if not a.rank or not b.rank:
        return None
    plan = contractions.matmul(a, b)
    flips = [
        step.param(names[0]) or step.param(names[1]) for names in (("transpose_a", "adj_x"), ("transpose_b", "adj_y"))
    ]
    first, second = (
        (*axes[:-2], axes[-1], axes[-2]) if flip else axes for axes, flip in zip((plan.a, plan.b), flips, strict=True)
    )
    return contractions.Plan(tuple(first), tuple(second), plan.out)


def _dot_general(numbers: tuple[tuple[tuple[int, ...], ...], ...], a: int, b: int) -> contractions.Plan:
    """JAX puts the batch axes first, then what is left of each operand."""
    (a_sum, b_sum), (a_batch, b_batch) = numbers
    plan = contractions.tensordot(
        Value(shape=(None,) * a), Value(shape=(None,) * b), (*a_batch, *a_sum), (*b_batch, *b_sum)
    )
    batch = tuple(("sum", i) for i in range(len(a_batch)))
    return contractions.Plan(plan.a, plan.b, (*batch, *plan.out))


@primitive(_AFFINE, _NORMALISATIONS)
def affine(step: Step) -> Value:
    """With a trainable kernel or offset any real number."""
    roles = step.node.params.get("roles") or ("self", "weight", "bias")
    offsets = _NORMALISATIONS.split()
    free = {"bias"} if step.node.primitive in offsets else {"weight", "bias"}
    if not step.node.primitive.startswith("aten.") and step.node.primitive not in offsets:
        roles = ("self", "weight", "self")
    trained = any(r in free and learned(o) for o, r in zip(step.node.operands, roles, strict=False))
    if trained and int(step.param("output", 0)) == 0:
        return step.affine()
    return unknown(f"{step.label} has no weights of its own that are trained", step.node.shape)
