"""Where each task's parameter is to be, what stays beside it for a while, and what is said of that."""

from fleet import address
from fleet.address import Address, wanted
from fleet.memory import Outcome

OLD, NEW, DEFAULT = "/old", "/new", "/sagemaker-endpoint-manager/prod"
AT_OLD = Address("/old/spam")
MOVING = AT_OLD.towards("/new/spam")
MOVED = MOVING.alone()


def at(path, *tasks):
    return {task: Address(f"{path}/{task}") for task in tasks}


# Where it is to be


def test_without_a_path_and_a_record_it_is_the_default():
    assert wanted("", DEFAULT, ["spam"], {}) == {"spam": f"{DEFAULT}/spam"}


def test_without_a_path_it_stays_where_the_last_run_recorded_it_and_a_new_task_goes_there_too():
    assert wanted("", DEFAULT, ["spam", "mood"], at(OLD, "spam")) == {"spam": "/old/spam", "mood": "/old/mood"}


def test_without_a_path_each_stays_where_it_is_and_a_new_task_goes_where_most_are():
    addresses = at(OLD, "spam") | at(NEW, "urgency", "toxicity")
    assert wanted("", DEFAULT, [*addresses, "mood"], addresses) == {
        "spam": "/old/spam",
        "urgency": "/new/urgency",
        "toxicity": "/new/toxicity",
        "mood": "/new/mood",
    }


def test_a_task_that_could_not_be_given_a_parameter_has_no_vote():
    assert wanted("", DEFAULT, ["spam", "mood"], {"spam": Address()} | at(OLD, "mood")) == {
        "spam": "/old/spam",
        "mood": "/old/mood",
    }


def test_a_path_that_is_set_is_that_of_every_task():
    assert wanted(NEW, DEFAULT, ["spam", "mood"], at(OLD, "spam")) == {"spam": "/new/spam", "mood": "/new/mood"}


def test_taking_the_path_out_again_before_the_change_is_over_goes_back_to_where_it_began():
    assert wanted("", DEFAULT, ["spam"], {"spam": MOVING}) == {"spam": "/old/spam"}
    assert wanted("", DEFAULT, ["spam"], {"spam": MOVING.towards("/old/spam")}) == {"spam": "/old/spam"}


def test_taking_the_path_out_again_when_the_change_is_over_changes_nothing():
    assert wanted("", DEFAULT, ["spam"], {"spam": MOVED}) == {"spam": "/new/spam"}


# What is beside it


def test_what_apps_were_to_read_stays_beside_what_they_are_to_read():
    assert (MOVING.name, MOVING.beside) == ("/new/spam", ("/old/spam",))
    assert MOVED.names == ("/new/spam",)


def test_whoever_changes_their_mind_twice_takes_nothing_away_either():
    third = MOVING.towards("/third/spam")
    assert (third.name, third.beside) == ("/third/spam", ("/old/spam", "/new/spam"))


def test_a_way_back_leaves_the_record_as_it_was():
    assert MOVING.towards("/old/spam").alone() == AT_OLD


def test_the_first_place_of_a_task_has_nothing_beside_it():
    assert Address().towards("/old/spam") == AT_OLD


def test_every_task_has_arrived_when_the_last_run_left_it_where_it_is_to_be():
    names = wanted(NEW, DEFAULT, ["spam", "mood"], {})
    assert address.have_arrived(names, {"spam": MOVING, "mood": Address(), "gone": AT_OLD})
    assert not address.have_arrived(names, {"spam": MOVING} | at(OLD, "mood"))


# What the state calls it


def test_the_state_calls_a_parameter_by_its_task_as_soon_as_that_is_free_and_else_by_its_full_name():
    def called(name, to_read, held):
        return address.logical_name("spam", name, to_read, held)

    assert called("/old/spam", "/old/spam", {}) == "spam"
    first = {"/old/spam": "spam"}
    assert called("/new/spam", "/new/spam", first) == "/new/spam"
    assert called("/old/spam", "/new/spam", first) == "spam"
    both = {"/old/spam": "spam", "/new/spam": "/new/spam"}
    assert called("/new/spam", "/new/spam", both) == "/new/spam"
    assert called("/old/spam", "/old/spam", both) == "spam"
    left = {"/new/spam": "/new/spam", "/old/mood": "mood"}
    assert called("/new/spam", "/new/spam", left) == "spam"
    assert called("/new/spam", "/third/spam", left) == "/new/spam"


# What the record keeps


def test_a_record_gives_back_the_place_that_was_written():
    for there in (Address(), AT_OLD, MOVING, MOVED):
        assert address.recorded(address.record(there, Outcome())) == there


def test_a_record_of_before_addresses_changed_is_one_parameter_under_the_tasks_own_name():
    assert address.recorded(Outcome(beside={"parameter": "/old/spam"})) == AT_OLD


# What is said


def test_a_change_is_told_once_for_all_tasks_with_what_the_apps_have_to_do():
    before = at(OLD, "spam", "mood")
    after = {task: there.towards(f"/new/{task}") for task, there in before.items()} | at(NEW, "first")
    assert address.moves(before, after) == [
        "the parameters of 2 tasks go from /old to /new. This run writes both, and the next one that ends well takes "
        "those beneath /old away: let the apps that call read /new before it"
    ]
    assert address.remainders(before, after) == []


def test_what_stays_longer_and_what_goes_is_told():
    assert address.remainders({"spam": MOVING}, {"spam": MOVING}) == [
        "the parameters of 1 task beneath /old stay beside those beneath /new: they go when a run ends well that found "
        "every task there"
    ]
    assert address.remainders({"spam": MOVING}, {"spam": MOVED}) == [
        "the parameters of 1 task beneath /old are taken away; apps read /new"
    ]


def test_nothing_is_said_where_nothing_changes():
    for there in (Address(), AT_OLD, MOVED):
        assert address.moves({"spam": there}, {"spam": there}) == []
        assert address.remainders({"spam": there}, {"spam": there}) == []


def test_parameters_beneath_several_paths_are_told():
    assert address.scattered([*at(OLD, "spam").values(), *at(NEW, "mood", "topic").values(), Address()]) == (
        "parameterPath is not set, and the last run's parameters are beneath /new (2 tasks) and /old (1 task): each "
        "stays where it is, new ones go beneath /new. To have all in one place, set parameterPath"
    )
    assert address.scattered([AT_OLD, Address()]) == ""
