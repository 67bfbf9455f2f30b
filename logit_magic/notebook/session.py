"""What one shell does around its cells: arm the recorder, check afterwards, show the report."""

from __future__ import annotations

import linecache
import sys
import threading
from argparse import Namespace
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from weakref import ref

from IPython.core.error import UsageError

from logit_magic import limits
from logit_magic.notebook import cell_line, named, options
from logit_magic.notebook.cells import Ran, cell_files, history
from logit_magic.notebook.compiled import Compiled
from logit_magic.notebook.telling import Mentions, fault, mismatch, say, told
from logit_magic.quiet import quiet

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

    from logit_magic.discovery.namespace import Bindings
    from logit_magic.discovery.recorder import Recorder
    from logit_magic.report import Report

_REFUSED = "checkloss: this cell was not checked, since one in another thread was; `%checkloss` checks what is there"
_GRACE = 0.5  # over the budget: a last batch may end


@dataclass(slots=True)
class _Watched:
    """A cell that is running and will be checked.

    Attributes:
        info: IPython's own record of the run, by which its end is recognised.
        chosen: the options; None in watch mode.
        watching: the options of --watch, in watch mode.
        problem: what is wrong with the options: said after the cell has run.
        shift: lines of the cell above the code that IPython compiles.
        before: what each name was bound to.
        recorder: armed.
        thread: that it runs in.
    """

    info: ExecutionInfo
    chosen: Namespace | None
    watching: Namespace | None
    problem: str
    shift: int
    before: Bindings
    recorder: Recorder
    thread: int = field(default_factory=threading.get_ident)


@dataclass(slots=True)
class Session:
    """One per shell."""

    _shell: Any  # the shell, or a weak reference to it once made
    _watching: Namespace | None = None  # the options of --watch
    _running: list[_Watched] = field(default_factory=list)
    _mentions: Mentions = field(default_factory=Mentions)
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
        self._watching, self._bound = None, None

    def pre_run_cell(self, info: ExecutionInfo) -> None:
        """Arm the recorder if this cell is to be checked; a cell inside a watched cell is part of it.

        Whatever the cell is now, the panels that its earlier runs showed end here.
        """
        showing = sys.modules.get("logit_magic.report.show")  # where it is not loaded, nothing was shown
        if showing is not None:
            showing.end_earlier()
        request = cell_line.find(info.raw_cell or "")
        if self._running or (request is None and self._watching is None):
            if request is not None and self._running[0].thread != threading.get_ident():
                self._refused.add(threading.get_ident())  # one recorder at a time looks into Keras
            return
        try:
            self._arm(info, request)
        except Exception as error:
            say(fault(error))

    def _arm(self, info: ExecutionInfo, request: cell_line.Request | None) -> None:
        from logit_magic.discovery.namespace import bindings
        from logit_magic.discovery.recorder import Recorder

        chosen, problem = _parsed(request.options) if request is not None else (None, "")
        recorder = Recorder(_take, cell_files(self.shell))
        shift = request.shift if request is not None else 0
        before = self._bound or bindings(self.shell.user_ns)
        self._running.append(_Watched(info, chosen, self._watching, problem, shift, before, recorder))
        recorder.arm()

    def post_run_cell(self, result: ExecutionResult | None) -> None:
        """Check what the cell did and show it; never raises into the shell."""
        if threading.get_ident() in self._refused:
            self._refused.discard(threading.get_ident())
            say(_REFUSED)
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
                say(watched.problem)
            elif result.error_before_exec is None:
                self._check_cell(watched, result)
                if watched.chosen is not None and (watched.chosen.explain or watched.chosen.about):
                    say(told(watched.chosen, self.shell))
        except UsageError as error:  # names that --data gives exist only once the cell has run
            say(str(error))
        except limits.OutOfTimeError:
            say("checkloss: nothing was checked: an object of this cell does not return when it is looked at")
        except KeyboardInterrupt:
            say("checkloss: the check was interrupted; the cell itself had finished")
        except BaseException as error:  # also what the user's code raises to leave: the cell had finished
            say(fault(error))
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
        if chosen.explain or chosen.about:
            print(told(chosen, self.shell))
            return
        if chosen.watch or chosen.unwatch:
            self._watching = chosen if chosen.watch else None
            self._mentions.forget()
            self._bound = None
            return
        from logit_magic import checker
        from logit_magic.discovery import targets
        from logit_magic.discovery.nothing import next_step

        namespace = self.shell.user_ns
        named.require_models(chosen, namespace)
        named.require_place(chosen, namespace)
        with quiet():
            todo = self._compiled_at.recalled(targets.in_namespace(namespace, chosen.names or None))
        sources = _sources(todo, history(self.shell), namespace)
        todo = named.with_data(todo, chosen, namespace)
        notes = () if todo else (next_step(namespace, chosen.names or None),)
        report = checker.run(todo, _checker_options(chosen), namespace, sources, notes=notes)
        self._deliver(report, chosen, todo)
        error = mismatch(report) if chosen.strict else None
        if error is not None:
            raise error

    def _check_cell(self, watched: _Watched, result: ExecutionResult) -> None:
        from logit_magic.notebook.touched import touched

        namespace = self.shell.user_ns
        ran = Ran(self.shell, result)
        rebound = self._rebound(watched.before)
        todo = touched(ran, watched.recorder, watched.shift, rebound, success=result.success)
        if not todo and (watched.chosen is None or not result.success):
            return
        from logit_magic import checker
        from logit_magic.discovery.nothing import without_loss

        self._compiled_at.remember(todo)
        sources = _sources(todo, ran.cells, namespace)
        if watched.chosen is None:
            watch = _watch_options(watched.watching)
            for line in self._mentions.of(checker.run(todo, watch, namespace, sources, edits=False)):
                say(line)
            return
        named.require_place(watched.chosen, namespace)
        todo = named.with_data(todo, watched.chosen, namespace)
        loose = "" if todo else without_loss(namespace, rebound)
        report = checker.run(todo, _checker_options(watched.chosen), namespace, sources, notes=filter(None, [loose]))
        if watched.chosen.fix:
            report = self._fixed(report, ran.cells)
        self._deliver(report, watched.chosen, todo)
        if watched.chosen.strict and result.success:
            self._fail(report, result)

    def _rebound(self, before: Bindings) -> list[str]:
        """Names that the cell bound anew; in watch mode, what they are bound to is kept for the next cell."""
        from logit_magic.discovery.namespace import bindings, rebound

        now = bindings(self.shell.user_ns)
        self._bound = now if self._watching is not None else None
        return rebound(now, before)

    def _fixed(self, report: Report, cells: dict[int, str]) -> Report:
        """Put the corrected source in place of the cell, and say so in the report."""
        from logit_magic.notebook.fixing import corrected

        number = max(cells)
        fixed = corrected(report, cells[number], number)
        if fixed.cell is not None:
            self.shell.set_next_input(fixed.cell, replace=True)
        return replace(report, notes=(*report.notes, fixed.note))

    def _deliver(self, report: Report, chosen: Namespace, todo: list[Any]) -> None:
        from logit_magic.race.entry import rows_for
        from logit_magic.report.show import show

        if chosen.report:
            self.shell.push({chosen.report: report})
        show(report, text_only=chosen.text, quiet=chosen.quiet, given=rows_for(report.pairs, todo))

    def _fail(self, report: Report, result: ExecutionResult) -> None:
        """Fail the cell after its own work is done: the kernel and the shell read the result afterwards."""
        error: Any = mismatch(report)
        if error is not None:
            result.error_in_exec = error
            self.shell.last_execution_succeeded = False
            self.shell._showtraceback(type(error), error, error._render_traceback_())


def _same_run(armed: ExecutionInfo, ended: ExecutionInfo) -> bool:
    return armed is ended or (armed.raw_cell == ended.raw_cell and armed.cell_id == ended.cell_id)


def _parsed(line: str) -> tuple[Namespace | None, str]:
    try:
        return options.on_a_cell(line), ""
    except UsageError as error:
        return None, str(error)


def _checker_options(chosen: Namespace) -> Any:
    from logit_magic.choices import Options

    return Options(
        chosen.samples, tuple(chosen.only), tuple(chosen.ignore), 0.75 * chosen.budget, chosen.budget + _GRACE
    )


def _watch_options(chosen: Namespace | None) -> Any:
    from logit_magic.choices import Options

    assert chosen is not None, "a cell is armed where it asks for a check itself, or in watch mode"
    return Options(0, tuple(chosen.only), tuple(chosen.ignore), limit=chosen.budget)


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
