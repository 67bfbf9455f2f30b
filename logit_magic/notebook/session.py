"""What one shell does around its cells: arm the recorder, check afterwards, show the report."""

from __future__ import annotations

import linecache
import threading
from argparse import Namespace
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import ref

from IPython.core.error import UsageError

from logit_magic import limits
from logit_magic.foreign import class_name, first_line
from logit_magic.notebook import cell_line, options
from logit_magic.notebook.cells import Ran, cell_files, history
from logit_magic.notebook.compiled import Compiled
from logit_magic.quiet import quiet

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from logit_magic.discovery.namespace import Bindings
    from logit_magic.discovery.recorder import Recorder
    from logit_magic.facts import Finding
    from logit_magic.report import Report

_WATCH_SECONDS = 2.0  # for one check in watch mode
_REFUSED = "checkloss: this cell was not checked, since one in another thread was; `%checkloss` checks what is there"
_GRACE = 0.5  # over the budget: a last batch may end


@dataclass(slots=True)
class _Watched:
    """A cell that is running and will be checked.

    Attributes:
        info: IPython's own record of the run, by which its end is recognised.
        chosen: the options; None in watch mode.
        problem: what is wrong with the options: said after the cell has run.
        shift: lines of the cell above the code that IPython compiles.
        before: what each name was bound to.
        recorder: armed.
        thread: that it runs in.
    """

    info: ExecutionInfo
    chosen: Namespace | None
    problem: str
    shift: int
    before: Bindings
    recorder: Recorder
    thread: int = field(default_factory=threading.get_ident)


@dataclass(slots=True)
class Session:
    """One per shell."""

    _shell: Any  # the shell, or a weak reference to it once made
    _watching: bool = False
    _running: list[_Watched] = field(default_factory=list)
    _said: set[tuple[str, str, str]] = field(default_factory=set)
    _refused: set[int] = field(default_factory=set)  # threads whose cell cannot be checked now
    _compiled_at: Compiled = field(default_factory=Compiled)
    _bound: Bindings | None = None  # in watch mode: what the names were bound to after the cell before

    def __post_init__(self) -> None:
        self._shell = ref(self._shell)

    @property
    def shell(self) -> InteractiveShell:
        shell = self._shell()
        assert shell is not None, "hooks are called by the shell that they belong to"
        return shell  # type: ignore[no-any-return]

    def close(self) -> None:
        """Disarm whatever is armed: the extension is being unloaded."""
        for watched in self._running:
            watched.recorder.disarm()
            watched.recorder.forget()
        self._running.clear()
        self._watching, self._bound = False, None

    def pre_run_cell(self, info: ExecutionInfo) -> None:
        """Arm the recorder if this cell is to be checked; a cell inside a watched cell is part of it."""
        request = cell_line.find(info.raw_cell or "")
        if self._running or (request is None and not self._watching):
            if request is not None and self._running[0].thread != threading.get_ident():
                self._refused.add(threading.get_ident())  # one recorder at a time looks into Keras
            return
        try:
            self._arm(info, request)
        except Exception as error:
            _say(_fault(error))

    def _arm(self, info: ExecutionInfo, request: cell_line.Request | None) -> None:
        from logit_magic.discovery.namespace import bindings
        from logit_magic.discovery.recorder import Recorder

        chosen, problem = _parsed(request.options) if request is not None else (None, "")
        recorder = Recorder(_take, cell_files(self.shell))
        shift = request.shift if request is not None else 0
        before = self._bound or bindings(self.shell.user_ns)
        self._running.append(_Watched(info, chosen, problem, shift, before, recorder))
        recorder.arm()

    def post_run_cell(self, result: ExecutionResult | None) -> None:
        """Check what the cell did and show it; never raises into the shell."""
        if threading.get_ident() in self._refused:
            self._refused.discard(threading.get_ident())
            _say(_REFUSED)
            return
        if not self._running or (result is not None and not _same_run(self._running[-1].info, result.info)):
            return
        watched = self._running.pop()
        watched.recorder.disarm()
        warned = "__warningregistry__" in self.shell.user_ns
        try:
            if result is None:
                pass  # ipykernel's way to say that the run was cancelled before it had a result
            elif watched.problem:
                _say(watched.problem)
            elif result.error_before_exec is None:
                self._check_cell(watched, result)
                if watched.chosen is not None and (watched.chosen.explain or watched.chosen.about):
                    _say(_told(watched.chosen, self.shell))
        except UsageError as error:  # names that --data gives exist only once the cell has run
            _say(str(error))
        except limits.OutOfTimeError:
            _say("checkloss: nothing was checked: an object of this cell does not return when it is looked at")
        except KeyboardInterrupt:
            _say("checkloss: the check was interrupted; the cell itself had finished")
        except BaseException as error:  # also what the user's code raises to leave: the cell had finished
            _say(_fault(error))
        finally:
            watched.recorder.forget()
            if not warned:  # Python puts it there when code of the cell warns, also where the check called it
                self.shell.user_ns.pop("__warningregistry__", None)

    def check_now(self, chosen: Namespace) -> None:
        """`%checkloss`: what the namespace holds now, or another of the line's tasks.

        Raises:
            UsageError: a name that is not there.
            MismatchError: with --strict, on a finding of severity error.
        """
        if chosen.cell:
            return  # the hooks around this cell do it
        if chosen.fix:
            raise UsageError("checkloss: --fix belongs on top of the cell that it is to correct: %%checkloss --fix")
        if chosen.explain or chosen.about:
            print(_told(chosen, self.shell))
            return
        if chosen.watch or chosen.unwatch:
            self._watching = bool(chosen.watch) and not chosen.unwatch
            self._said.clear()
            self._bound = None
            return
        from logit_magic import checker
        from logit_magic.discovery import targets

        namespace = self.shell.user_ns
        missing = [name for name in chosen.names if name not in namespace]
        if missing:
            raise UsageError(
                f"checkloss: no variable named {', '.join(missing)}; names of models or containers are accepted"
            )
        with quiet():
            todo = self._compiled_at.recalled(targets.in_namespace(namespace, chosen.names or None))
        sources = _sources(todo, history(self.shell), namespace)
        todo = self._with_data(todo, chosen)
        report = checker.run(todo, _checker_options(chosen), namespace, sources)
        self._deliver(report, chosen, todo)
        if chosen.strict:
            report.raise_for_findings()

    def _check_cell(self, watched: _Watched, result: ExecutionResult) -> None:
        from logit_magic.notebook.touched import touched

        namespace = self.shell.user_ns
        ran = Ran(self.shell, result)
        todo = touched(ran, watched.recorder, watched.shift, self._rebound(watched.before), success=result.success)
        if not todo and (watched.chosen is None or not result.success):
            return
        from logit_magic import checker
        from logit_magic.choices import Options

        self._compiled_at.remember(todo)
        sources = _sources(todo, ran.cells, namespace)
        if watched.chosen is None:
            self._mention(checker.run(todo, Options(samples=0, limit=_WATCH_SECONDS), namespace, sources, edits=False))
            return
        todo = self._with_data(todo, watched.chosen)
        report = checker.run(todo, _checker_options(watched.chosen), namespace, sources)
        if watched.chosen.fix:
            report = self._fixed(report, ran.cells)
        self._deliver(report, watched.chosen, todo)
        if watched.chosen.strict and result.success:
            self._fail(report, result)

    def _rebound(self, before: Bindings) -> list[str]:
        """Names that the cell bound anew; in watch mode, what they are bound to is kept for the next cell."""
        from logit_magic.discovery.namespace import bindings, rebound

        now = bindings(self.shell.user_ns)
        self._bound = now if self._watching else None
        return rebound(now, before)

    def _fixed(self, report: Report, cells: dict[int, str]) -> Report:
        """Put the corrected source in place of the cell, and say so in the report."""
        from logit_magic.notebook.fixing import corrected

        number = max(cells)
        fixed = corrected(report, cells[number], number)
        if fixed.cell is not None:
            self.shell.set_next_input(fixed.cell, replace=True)
        return replace(report, notes=(*report.notes, fixed.note))

    def _with_data(self, todo: list[Any], chosen: Namespace) -> list[Any]:
        """Give every target the arrays named by --data."""
        if chosen.data is None:
            return todo
        from logit_magic.measure.sample import take

        namespace = self.shell.user_ns
        missing = [name for name in chosen.data if name not in namespace]
        if missing:
            raise UsageError(f"checkloss: --data names {', '.join(missing)}, which is no variable")
        x, y = (namespace[name] for name in chosen.data)
        taken = take(x, y, max(chosen.samples, 1), named=True)
        if isinstance(taken, str):
            raise UsageError(f"checkloss: --data {' '.join(chosen.data)} cannot be sampled: {taken}")
        taken = replace(taken, source=f"arrays {chosen.data[0]} and {chosen.data[1]}, given with --data")
        return [replace(target, data=taken) for target in todo]

    def _deliver(self, report: Report, chosen: Namespace, todo: list[Any]) -> None:
        from logit_magic.race.entry import rows_for
        from logit_magic.report.show import show

        if chosen.report:
            self.shell.push({chosen.report: report})
        show(report, text_only=chosen.text, quiet=chosen.quiet, given=rows_for(report.pairs, todo))

    def _mention(self, report: Report) -> None:
        """Watch mode: one quiet line for each finding that was not said before, or that was gone in between."""
        known = {_key(finding) for finding in report.findings}
        known |= {("", note, "") for note in report.notes if "silenced" not in note}
        again = {pair.model for pair in report.pairs if pair.location is not None}
        # what was said of labels and metrics may just not have been seen: this cell need not have trained
        self._said -= {
            said for said in self._said - known if said[2] in again and not said[0].startswith(("LM3", "LM4"))
        }
        for finding in report.findings:
            key = _key(finding)
            if finding.severity != "info" and key not in self._said:
                where = f" ({finding.location})" if finding.location else ""
                _say(f"{finding.code} {finding.severity}: {finding.message}{where}. `%checkloss` shows more.")
        for _, note, _ in sorted(key for key in known - self._said if not key[0]):
            _say(f"checkloss: {note}")
        self._said |= known

    def _fail(self, report: Report, result: ExecutionResult) -> None:
        """Fail the cell after its own work is done: the kernel and the shell read the result afterwards."""
        from logit_magic.report import MismatchError

        try:
            report.raise_for_findings()
        except MismatchError as error:
            result.error_in_exec = error
            self.shell.last_execution_succeeded = False
            self.shell._showtraceback(type(error), error, [f"{type(error).__name__}: {error}"])


def _fault(error: BaseException) -> str:
    said = f"{class_name(type(error))}: {first_line(error)}"
    return f"LM901 not-checked: a fault in logit_magic itself ({said}); please report it"


def _same_run(armed: ExecutionInfo, ended: ExecutionInfo) -> bool:
    return armed is ended or (armed.raw_cell == ended.raw_cell and armed.cell_id == ended.cell_id)


def _parsed(line: str) -> tuple[Namespace | None, str]:
    try:
        chosen = options.parse(line)
    except UsageError as error:
        return None, str(error)
    if chosen.watch or chosen.unwatch or chosen.names:
        return None, "checkloss: NAME, --watch and --unwatch belong to the line magic %checkloss"
    return chosen, ""


def _checker_options(chosen: Namespace) -> Any:
    from logit_magic.choices import Options

    return Options(
        chosen.samples, tuple(chosen.only), tuple(chosen.ignore), 0.75 * chosen.budget, chosen.budget + _GRACE
    )


def _take(x: Any, y: Any, weights: Any) -> Any:
    from logit_magic.measure.sample import take

    return take(x, y, weights=weights)


def _sources(todo: list[Any], cells: dict[int, str], namespace: dict[str, Any]) -> Any:
    """What the user wrote: the cells, and the files in which losses were given."""
    from logit_magic.fix import Sources

    places = [place for target in todo for place in (target.location, target.compiled_at) if place is not None]
    files = {place.file: "".join(linecache.getlines(place.file)) for place in places if place.file != "cell"}
    earlier = {target.name: target.compiled_at for target in todo if target.compiled_at is not None}
    return Sources(cells, namespace, files, earlier)


def _key(finding: Finding) -> tuple[str, str, str]:
    from logit_magic import repeats

    return finding.code, repeats.plain(finding.message), "" if finding.pair is None else finding.pair.model


def _say(text: str) -> None:
    """One line below the cell's own output, in its place even where output is captured."""
    from IPython.display import display

    display({"text/plain": text}, raw=True)


def _told(chosen: Namespace, shell: InteractiveShell) -> str:
    """What --explain or --about asks for."""
    if chosen.explain:
        from logit_magic.rules import BY_CODE

        return str(BY_CODE[chosen.explain].page())
    from logit_magic.notebook.about import about

    return about(shell)
