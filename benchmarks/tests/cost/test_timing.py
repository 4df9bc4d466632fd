"""Contestants run in turn, and steps are timed alone."""

from benchmarks.cost import speed, timing


def test_contestants_run_in_turn():
    order = []
    timed = {name: lambda name=name: order.append(name) or len(order) for name in "AB"}
    table = timing.in_turn(timed, {"A": 3, "B": 1})
    assert "".join(order) == "BAABAA"
    assert table.loc["A"].tolist() == [5, 3, 6, 3]
    assert table.loc["B"].tolist() == [4, 4, 4, 1]


def test_steps_are_timed_without_what_surrounds_them(gaussian):
    clf = speed.RobustRealNVP(n_estimators=1)
    timed = timing.between_steps(speed.our_steps(clf, gaussian, 20))
    assert 0 < timed() < timing.seconds_of(speed.our_steps(clf, gaussian, 20)) / 5
