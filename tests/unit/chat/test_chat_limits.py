"""chat.limits and chat.address: rates, and where a request is taken to come from."""

import pytest

from chat.limits import Bucket, Buckets, Rate


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(Rate(burst=2, per_second=4), now=10.0)
    assert [bucket.take(10.0), bucket.take(10.0)] == [0.0, 0.0]
    assert bucket.take(10.0) == pytest.approx(0.25)
    assert bucket.take(10.25) == 0.0
    assert bucket.take(10.25) > 0


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    bucket = Bucket(Rate(burst=2, per_second=1), now=0.0)
    assert [bucket.take(1000.0) for _ in range(3)] == [0.0, 0.0, 1.0]


def test_each_key_has_its_own_bucket_and_their_number_is_bounded() -> None:
    buckets = Buckets(Rate(burst=1, per_second=0.001), most=3)
    assert buckets.take("a", 0.0) == 0.0
    assert buckets.take("a", 0.0) > 0
    assert buckets.take("b", 0.0) == 0.0
    for key in "cdefgh":
        buckets.take(key, 0.0)
    assert len(buckets) == 3


def test_the_key_used_longest_ago_is_forgotten_first() -> None:
    buckets = Buckets(Rate(burst=1, per_second=0.001), most=2)
    buckets.take("a", 0.0)
    buckets.take("b", 0.0)
    buckets.take("a", 0.0)
    buckets.take("c", 0.0)
    assert buckets.take("a", 0.0) > 0  # still remembered
    assert buckets.take("b", 0.0) == 0.0  # forgotten
