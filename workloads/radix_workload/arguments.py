"""The command line of a workload, from its descriptor. Raises `WORKLOAD_USAGE`; imports nothing heavy, so that errors
are instant."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict, make_dataclass
from typing import Any, Callable, NoReturn, Optional, Sequence

from .descriptor import Descriptor
from .failures import WorkloadFailure

# One run keeps the seconds of each timed step in memory and in its result.
MAX_TIMED_STEPS = 1_000_000


class Asked:
    """What was asked for. A workload derives from it and says what follows from its parameters."""

    @property
    def timed_steps(self) -> int:
        """Steps that are timed."""
        raise NotImplementedError

    @property
    def work_per_step(self) -> float:
        """In the unit of the descriptor."""
        raise NotImplementedError

    def to_json(self) -> dict[str, object]:
        """The parameters as they stand in the result: all but the places of the outputs."""
        values = asdict(self)
        del values["result"], values["progress"]
        return values


def make_parameters(descriptor: Descriptor, base: type) -> Any:
    """A frozen dataclass of the parameters of the descriptor, then what only a program knows."""
    return make_dataclass(
        "Parameters",
        [(name, type(parameter["default"]), parameter["default"]) for name, parameter in descriptor.parameters.items()]
        + [
            ("device", str, "auto"),
            ("num_threads", Optional[int], None),
            ("result", Optional[str], None),
            ("progress", Optional[str], None),
        ],
        bases=(base,),
        frozen=True,
    )


def parse(descriptor: Descriptor, parameters_class: Any, arguments: Sequence[str]) -> Any:
    """Parameters from the command line. Raises `WorkloadFailure` (`WORKLOAD_USAGE`) for any value it cannot use."""
    parameters = parameters_class(**vars(_build_parser(descriptor).parse_args(arguments)))
    if parameters.device == "cpu" and not parameters.allow_cpu:
        raise usage(
            "--device cpu runs on the CPU, whose numbers only prove the flow, and --allow-cpu is not given",
            "add --allow-cpu, or leave --device out to use the GPU",
        )
    if parameters.result is not None:
        _check_writable("--result", parameters.result)
    # A pipe or a device that exists needs no writable folder: progress is written in place, the result by renaming.
    if parameters.progress not in (None, "-") and not os.access(parameters.progress, os.W_OK):
        _check_writable("--progress", parameters.progress)
    return parameters


def find_result_path(arguments: Sequence[str]) -> Optional[str]:
    """The value of `--result` in a command line that may be wrong elsewhere; None where there is none to use."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--result", nargs="?")
    path = parser.parse_known_args(list(arguments))[0].result
    return path if path and _unwritable_reason(path) is None else None


def usage(message: str, fix: str) -> WorkloadFailure:
    """The failure for a command line that cannot be used."""
    return WorkloadFailure("WORKLOAD_USAGE", message, fix)


def _build_parser(descriptor: Descriptor) -> argparse.ArgumentParser:
    does = f"{descriptor.does[:1].upper()}{descriptor.does[1:]}"
    parser = _Parser(
        prog=descriptor.program,
        allow_abbrev=False,
        description=f"{does} and measures {descriptor.rate_unit}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def whole(flag: str, low: int, high: int, default: Optional[int], meaning: str) -> None:
        parse_value = _bounded_int(flag, low, high)
        parser.add_argument(flag, type=parse_value, default=default, metavar="N", help=f"{meaning} ({low} to {high})")

    for name, parameter in descriptor.parameters.items():
        flag, meaning = f"--{name.replace('_', '-')}", parameter["meaning"]
        if parameter["kind"] == "whole":
            whole(flag, parameter["minimum"], parameter["maximum"], parameter["default"], meaning)
        elif parameter["kind"] == "choice":
            parser.add_argument(flag, choices=tuple(parameter["choices"]), default=parameter["default"], help=meaning)
        else:
            parser.add_argument(flag, action="store_true", help=meaning)
    parser.add_argument("--device", choices=("auto", "cuda", "cpu"), default="auto", help="auto: the GPU if there is one")
    whole("--num-threads", 1, 4096, None, "CPU threads; without it all cores of this process")
    parser.add_argument("--result", metavar="PATH", help="where the JSON result goes")
    parser.add_argument("--progress", metavar="PATH", help="where the progress goes, as JSON lines; - is stdout")
    return parser


class _Parser(argparse.ArgumentParser):
    """argparse that raises a typed failure in place of printing its usage and leaving."""

    def error(self, message: str) -> NoReturn:
        raise usage(message, f"see `python {self.prog} --help` for the flags and their values")


def _bounded_int(flag: str, low: int, high: int) -> Callable[[str], int]:
    def parse_value(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise usage(
                f"{flag} takes a whole number from {low} to {high}, and {text!r} is not one",
                f"give {flag} a number from {low} to {high}",
            )
        return value

    return parse_value


def _check_writable(flag: str, path: str) -> None:
    reason = _unwritable_reason(path)
    if reason is not None:
        raise usage(f"{flag} {path!r} cannot be written: {reason}", f"create the folder, or give {flag} another path")


def _unwritable_reason(path: str) -> Optional[str]:
    folder = os.path.dirname(os.path.abspath(path))
    if not path:
        return "the path is empty"
    if not os.path.isdir(folder):
        return f"there is no folder {folder}"
    if os.path.isdir(path):
        return "it is a folder"
    if not os.access(folder, os.W_OK):
        return f"the folder {folder} is not writable"
    return None
