"""The stack of what can be taken back."""

from __future__ import annotations

from app.services.undo import MOST_STEPS, UndoStack, UndoStep


def step(label: str) -> UndoStep:
    return UndoStep(label, lambda session, now: None)


def test_the_newest_step_is_taken_back_first() -> None:
    stack = UndoStack()
    assert stack.pop() is None
    first, second = step("Clear 1 block"), step("Clear 2 blocks")
    stack.push(first)
    stack.push(second)
    assert stack.label == "Clear 2 blocks"
    assert stack.pop() is second
    assert stack.pop() is first
    assert stack.label is None


def test_a_step_that_was_taken_back_elsewhere_is_forgotten() -> None:
    stack = UndoStack()
    first, second = step("one"), step("two")
    stack.push(first)
    stack.push(second)
    stack.discard(first)
    stack.discard(first)
    assert stack.pop() is second
    assert stack.pop() is None


def test_the_oldest_steps_fall_out() -> None:
    stack = UndoStack()
    for number in range(MOST_STEPS + 1):
        stack.push(step(str(number)))
    labels = []
    while (popped := stack.pop()) is not None:
        labels.append(popped.label)
    assert labels[-1] == "1"
