"""The catalogue of rules, one file a rule, in the order of their codes."""

from __future__ import annotations

from logit_magic.rules import (
    lm101_logits_into_probability_loss,
    lm102_probabilities_into_logits_loss,
    lm103_log_probabilities_into_probability_loss,
    lm104_double_activation,
    lm105_bounded_head_into_logits_loss,
    lm106_unnormalised_into_probability_loss,
    lm107_wrong_axis,
    lm108_softmax_over_one,
    lm109_broken_simplex,
    lm201_softmax_into_binary_loss,
    lm202_sigmoid_into_categorical_loss,
    lm203_one_unit_categorical,
    lm204_distribution_loss_on_non_distribution,
    lm501_half_precision_probabilities,
    lm901_not_checked,
)
from logit_magic.rules.rule import Example, Facts, Judgement, Rule

RULES: tuple[Rule, ...] = tuple(
    module.RULE
    for module in (
        lm101_logits_into_probability_loss,
        lm102_probabilities_into_logits_loss,
        lm103_log_probabilities_into_probability_loss,
        lm104_double_activation,
        lm105_bounded_head_into_logits_loss,
        lm106_unnormalised_into_probability_loss,
        lm107_wrong_axis,
        lm108_softmax_over_one,
        lm109_broken_simplex,
        lm201_softmax_into_binary_loss,
        lm202_sigmoid_into_categorical_loss,
        lm203_one_unit_categorical,
        lm204_distribution_loss_on_non_distribution,
        lm501_half_precision_probabilities,
        lm901_not_checked,
    )
)
BY_CODE: dict[str, Rule] = {rule.code: rule for rule in RULES}

__all__ = ["BY_CODE", "RULES", "Example", "Facts", "Judgement", "Rule"]
