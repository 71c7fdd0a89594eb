"""A step's text: what it reaches first, what it reaches rarely when it is called, nothing else."""

import pytest

from routing.steps.linking import linked

PARTS = """\
local Room = {}
local wide = 3

-- Door is named here, and that is no call: Room.cellar
function Room.door(x)
  return Room.key(x)
end

function Room.key(x)
  return x
end

local function hidden(x)
  return x
end

function Room.cellar(x)
  return hidden(x) + Room.key(x)
end
"""


def test_only_what_is_reached_is_kept() -> None:
    text = linked(PARTS, "return Room.door(1)\n")
    assert "function Room.door" in text
    assert "function Room.key" in text
    assert "cellar(x)\n" not in text
    assert "setmetatable" not in text


def test_what_is_reached_rarely_is_made_when_it_is_called() -> None:
    own = "-- rarely: Room.cellar\nif ARGV[1] then return Room.cellar(1) end\nreturn Room.key(1)\n"
    text = linked(PARTS, own)
    late = text[text.index("make_the_rest()\n") : text.index("local REST")]
    assert "function Room.cellar" in late
    assert "function hidden" in late
    assert "function Room.key" not in late, "made first, for the step reaches it always"
    assert "setmetatable(Room, REST)" in text


def test_rare_names_may_stand_on_several_lines() -> None:
    own = (
        "-- rarely: Room.cellar\n-- rarely: Room.door\nreturn Room.key(Room.door(Room.cellar(1)))\n"
    )
    text = linked(PARTS, own)
    assert text.index("function Room.key") < text.index("make_the_rest()")
    assert text.index("make_the_rest()") < text.index("function Room.door")


def test_a_rare_name_that_no_part_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Room\.attic"):
        linked(PARTS, "-- rarely: Room.attic\nreturn 1\n")
