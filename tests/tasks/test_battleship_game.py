"""The game by itself: boards, shots, reference policies, and how a policy is judged."""

import math
import time
from itertools import count
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trace_bench.tasks.battleship import Battleship
from trace_bench.tasks.battleship.board import Board, Game
from trace_bench.tasks.battleship.evaluation import METRIC, STOPPED_GAMES, evaluate, play
from trace_bench.tasks.battleship.references import REFERENCES, enumeration
from trace_bench.tasks.battleship.shots import HIT, MISS, UNKNOWN, require_legal
from trace_core import ExecutionError, UserError, bundle

FIGURE = Game(10, 10, (5, 4, 3, 3, 2), 26)
SMALL = Game(5, 5, (4, 3, 3, 2), 8)


def drawn(game: Game = SMALL, seed: int = 0) -> Board:
    return game.draw(np.random.default_rng(seed))


@given(st.integers(5, 10), st.integers(5, 10), st.integers(0, 10_000))
def test_ships_lie_straight_inside_and_apart(height, width, seed):
    board = Game(height, width, (4, 3, 3, 2), 9).draw(np.random.default_rng(seed))
    squares = [square for ship in board.ships for square in ship]
    assert len(set(squares)) == len(squares) == 12
    assert all(0 <= row < height and 0 <= column < width for row, column in squares)
    for ship, length in zip(board.ships, (4, 3, 3, 2), strict=True):
        (top, left), (bottom, right) = min(ship), max(ship)
        assert sorted([bottom - top, right - left]) == [0, length - 1]
        assert len(ship) == length


def test_the_same_seed_places_the_same_ships():
    assert drawn(seed=3).ships == drawn(seed=3).ships != drawn(seed=4).ships


def test_ships_that_do_not_fit_are_one_line():
    with pytest.raises(UserError, match="find no place on 5 × 5"):
        Game(5, 5, (6,), 8).draw(np.random.default_rng(0))
    with pytest.raises(UserError, match="find no place"):
        Game(5, 5, (5,) * 6, 8).draw(np.random.default_rng(0))


def test_a_hit_does_not_end_the_turn_and_a_miss_does():
    board = Board(5, 5, [frozenset({(0, 0), (0, 1)})])
    assert board.shoot([0, 0]) and board.misses == 0
    assert not board.shoot((4, 4)) and board.misses == 1
    assert board.map() == ["X....", ".....", ".....", ".....", "....O"]
    assert board.hit_share == 0.5 and not board.is_won
    assert board.shoot([0, 1]) and board.is_won


@pytest.mark.parametrize(
    ("target", "told"),
    [
        (None, "must be [row, col], two whole numbers, not None"),
        ("A1", "not 'A1'"),
        ("00", "not '00'"),
        ([1.0, 2.0], "not [1.0, 2.0]"),
        ([1], "not [1]"),
        ([0, 1, 2], "not [0, 1, 2]"),
        ({0: 1, 1: 2}, "two whole numbers"),
        ([True, False], "two whole numbers"),
        (list(range(10**6)), "two whole numbers"),
        ([10**5000, 0], "is not on the board"),
        ([5, 0], "[5, 0] is not on the board: rows go from 0 to 4, columns from 0 to 4"),
        ([-1, 0], "[-1, 0] is not on the board"),
        ([0, 0], "[0, 0] was fired at before: map[0][0] is 'O'"),
        (np.array([1.5, 2]), "two whole numbers"),
    ],
)
def test_a_shot_that_is_not_legal_says_why(target, told):
    with pytest.raises(ValueError) as caught:
        require_legal(target, ["O....", *["....."] * 4])
    assert told in str(caught.value)
    assert len(str(caught.value)) < 300


@given(st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=4))
def test_whatever_is_returned_is_a_shot_or_a_value_error(target):
    try:
        row, column = require_legal(target, ["....."] * 5)
    except ValueError:
        return
    assert 0 <= row < 5 and 0 <= column < 5


@pytest.mark.parametrize("target", [(1, 2), [1, 2], np.array([1, 2]), (np.int64(1), 2)])
def test_pairs_of_whole_numbers_of_any_type_are_shots(target):
    assert require_legal(target, ["....."] * 5) == (1, 2)


# Evaluation


def in_order(map: list[str]) -> tuple[int, int]:
    return enumeration(map, SMALL, np.random.default_rng(0))


def test_a_game_ends_with_its_misses_or_its_last_ship():
    ended = play(in_order, drawn(), misses=3)
    assert ended.board.misses == 3 and not ended.stopped
    won = play(in_order, drawn(), misses=100)
    assert won.board.is_won and won.failed == 0


@pytest.mark.parametrize("shot", [None, "A1", [9, 9], [0.5, 1], list(range(1000))])
def test_what_is_no_shot_is_a_miss_and_the_game_goes_on(shot):
    calls = count()
    ended = play(lambda map: shot if next(calls) < 2 else in_order(map), drawn(), misses=6)
    assert ended.failed == 2
    assert ended.board.misses == 4


def test_firing_at_one_square_again_and_again_ends():
    found = evaluate(lambda map: [0, 0], [drawn()], 8, seconds=60)
    assert found["legal_shots_percent"] < 20


@bundle()
def stuck(map):
    raise TimeoutError("it took longer than 5 s")


@bundle()
def clumsy(map):
    raise ZeroDivisionError("division by zero")


def test_a_policy_that_fails_misses_every_shot():
    found = evaluate(lambda map: clumsy(map).data, [drawn(), drawn()], 8, seconds=60)
    assert (found[METRIC], found["games_stopped"], found["legal_shots_percent"]) == (0, 0, 0)
    assert math.isnan(found["shots_to_finish"])


def test_after_some_games_that_had_to_be_stopped_no_more_are_played():
    calls = []

    def player(map):
        calls.append(map)
        return stuck(map).data

    found = evaluate(player, [drawn(seed=i) for i in range(10)], 8, seconds=60)
    assert len(calls) == STOPPED_GAMES
    assert (found["games_stopped"], found[METRIC]) == (10, 0)


def test_a_slow_policy_is_judged_by_what_it_got_done():
    def player(map):
        time.sleep(0.01)
        return in_order(map)

    found = evaluate(player, [drawn(seed=i) for i in range(50)], 25, seconds=0.1)
    assert found["games_stopped"] > 0
    assert 0 < found[METRIC] < 100


def test_an_error_of_the_system_is_not_swallowed():
    def player(map):
        raise UserError("the sandbox cannot start")

    with pytest.raises(UserError):
        play(player, drawn(), 8)
    with pytest.raises(ExecutionError):
        clumsy([])


# Reference policies


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("enumeration", 25, 31), ("hunt_target", 56, 64), ("random_policy", 27, 35)],
)
def test_the_figures_anchors(name, low, high):
    """28 % for enumeration and 60 % for what is learnt, in Fig. 1, at 26 misses on 10 x 10."""
    task = Battleship(boards=100)
    shares = [task.problem(s).under_policy(name).evaluate()[METRIC] for s in range(5)]
    assert low < np.mean(shares) < high


def test_knowing_the_fleet_is_the_best_reference():
    task = Battleship(boards=50)
    found = {name: task.problem(0).under_policy(name).evaluate()[METRIC] for name in REFERENCES}
    assert max(found, key=found.__getitem__) == "probability_density"


@pytest.mark.parametrize("name", REFERENCES)
def test_references_see_the_map_alone_and_fire_where_nothing_is_known(name):
    rng = np.random.default_rng(0)
    board = drawn(FIGURE)
    while not board.is_won:
        row, column = REFERENCES[name](board.map(), FIGURE, rng)
        assert board.map()[row][column] == UNKNOWN
        board.shoot([row, column])


# Pictures


def test_the_terminal_shows_coordinates_hits_misses_and_what_was_not_found():
    board = Board(5, 5, [frozenset({(0, 0), (0, 1)})])
    board.shoot([0, 0])
    board.shoot([4, 4])
    lines = str(board).splitlines()
    assert lines[0].split() == ["0", "1", "2", "3", "4"]
    assert lines[1] == " 0 ● □"
    assert lines[5].endswith("·")
    assert lines[-1] == "1 of 2 ship squares hit with 2 shots"


def test_the_svg_is_well_formed_and_numbers_the_shots():
    board = play(in_order, drawn(), 5).board
    root = ElementTree.fromstring(board._repr_svg_())
    texts = [e.text for e in root.iter() if e.tag.endswith("text")]
    assert texts[:-1] == [str(k + 1) for k in range(len(board.shots))]
    assert {HIT, MISS} <= set("".join(board.map()))
