"""Who looks after the jobs: one worker at a time, for as long as it says that it lives.

The lease is in the database, and so is its clock. Whoever took it writes under the number that it got then (the fence):
a worker that was stopped for a while and wakes up finds that its number is an old one, and writes nothing any more.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now

from training.models import Lease

# A worker that was killed is missed after so long.
LIFETIME = timedelta(seconds=10)
# While there are jobs, some worker holds the lease all the time, but for moments.
UNHEARD_OF = timedelta(seconds=30)


class LeaseLost(Exception):
    """Another worker looks after the jobs by now."""


@dataclass(frozen=True)
class Held:
    """A lease that was taken.

    Attributes:
        holder: which worker.
        fence: the number of this taking.
    """

    holder: str
    fence: int

    def renew(self) -> None:
        """Say that the holder lives. Inside a transaction it keeps everybody else from taking the lease until its end.

        Raises:
            LeaseLost: when it is another's.
        """
        mine = Lease.objects.filter(pk=Lease.ONLY, fence=self.fence, holder=self.holder)
        if not mine.update(expires_at=Now() + LIFETIME):
            raise LeaseLost

    def release(self) -> None:
        """Let the next one have it at once. That somebody held it until now is still seen."""
        Lease.objects.filter(pk=Lease.ONLY, fence=self.fence, holder=self.holder).update(expires_at=Now())


def take(holder: str) -> Held | None:
    """The lease, if nobody holds it, or whoever did has not been heard of for its lifetime.

    Args:
        holder: the worker that asks, told from every other; its own lease is not given to it twice at the same time.
    """
    Lease.objects.bulk_create([Lease()], ignore_conflicts=True)
    free = Q(expires_at=None) | Q(expires_at__lte=Now())
    with transaction.atomic():
        taken = Lease.objects.filter(free, pk=Lease.ONLY).update(
            holder=holder, fence=F("fence") + 1, expires_at=Now() + LIFETIME
        )
        return Held(holder, Lease.objects.get().fence) if taken else None


def is_unattended() -> bool:
    """Whether no worker has been heard of for a while. Only while there are jobs does that mean that there is none."""
    return not Lease.objects.filter(expires_at__gt=Now() - UNHEARD_OF).exists()
