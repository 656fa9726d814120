"""The command line: flags, defaults, ranges. Raises `WORKLOAD_USAGE`; imports nothing heavy, so that errors are instant."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import asdict, make_dataclass
from typing import Any, Callable, NoReturn, Optional, Sequence

from failures import WorkloadFailure

# One run keeps the seconds of each timed step in memory and in its result.
MAX_TIMED_STEPS = 1_000_000


# What every part of Radix knows of a parameter; generated from src/workloads/resnet50.ts.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "parameters.json"), encoding="utf-8") as _file:
    PARAMETERS: dict[str, dict[str, Any]] = json.load(_file)


class _Asked:
    """What follows from the parameters."""

    @property
    def timed_steps(self) -> int:
        """Steps that are timed, over all epochs."""
        return self.epochs * self.steps_per_epoch

    def to_json(self) -> dict[str, object]:
        """The parameters as they stand in the result: all but the places of the outputs."""
        values = asdict(self)
        del values["result"], values["progress"]
        return values


# What was asked for: the parameters of parameters.json, then what only this program knows.
Parameters = make_dataclass(
    "Parameters",
    [(name, type(parameter["default"]), parameter["default"]) for name, parameter in PARAMETERS.items()]
    + [
        ("device", str, "auto"),
        ("num_threads", Optional[int], None),
        ("result", Optional[str], None),
        ("progress", Optional[str], None),
    ],
    bases=(_Asked,),
    frozen=True,
)


def parse_arguments(arguments: Sequence[str]) -> Parameters:
    """Parameters from the command line. Raises `WorkloadFailure` (`WORKLOAD_USAGE`) for any value it cannot use."""
    parameters = Parameters(**vars(_build_parser().parse_args(arguments)))
    if parameters.timed_steps > MAX_TIMED_STEPS:
        raise _usage(
            f"--epochs {parameters.epochs} times --steps-per-epoch {parameters.steps_per_epoch} is "
            f"{parameters.timed_steps} timed steps, and one run times at most {MAX_TIMED_STEPS}",
            f"keep the product at or below {MAX_TIMED_STEPS}",
        )
    if parameters.device == "cpu" and not parameters.allow_cpu:
        raise _usage(
            "--device cpu trains on the CPU, whose numbers only prove the flow, and --allow-cpu is not given",
            "add --allow-cpu, or leave --device out to use the GPU",
        )
    if parameters.batch_size == 1 and parameters.image_size == 32:
        raise _usage(
            "--batch-size 1 with --image-size 32 leaves one value per channel, and batch normalisation needs two",
            "use --batch-size 2, or --image-size 33 or more",
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


def _build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="train.py",
        allow_abbrev=False,
        description="Trains ResNet-50 on synthetic images and measures images per second.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )

    def whole(flag: str, low: int, high: int, default: Optional[int], meaning: str) -> None:
        parse = _bounded_int(flag, low, high)
        parser.add_argument(flag, type=parse, default=default, metavar="N", help=f"{meaning} ({low} to {high})")

    for name, parameter in PARAMETERS.items():
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
        raise _usage(message, "see `python train.py --help` for the flags and their values")


def _bounded_int(flag: str, low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise _usage(
                f"{flag} takes a whole number from {low} to {high}, and {text!r} is not one",
                f"give {flag} a number from {low} to {high}",
            )
        return value

    return parse


def _check_writable(flag: str, path: str) -> None:
    reason = _unwritable_reason(path)
    if reason is not None:
        raise _usage(f"{flag} {path!r} cannot be written: {reason}", f"create the folder, or give {flag} another path")


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


def _usage(message: str, fix: str) -> WorkloadFailure:
    return WorkloadFailure("WORKLOAD_USAGE", message, fix)
