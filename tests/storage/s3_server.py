"""A real S3 server in one process: OpenStack Swift with its S3 interface, which checks signatures and their expiry.

python -m tests.storage.s3_server FOLDER — prints its port, and serves until it is killed.
"""

import eventlet

eventlet.monkey_patch()

import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import eventlet.wsgi  # noqa: E402
from swift.account.server import AccountController  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.middleware import copy, slo, tempauth  # noqa: E402
from swift.common.middleware.s3api import s3api  # noqa: E402
from swift.common.ring import Ring, RingBuilder  # noqa: E402
from swift.container.server import ContainerController  # noqa: E402
from swift.obj.server import ObjectController  # noqa: E402
from swift.proxy.server import Application  # noqa: E402

from tests.storage.s3_keys import ACCESS_KEY, REGION, SECRET_KEY  # noqa: E402

LOOPBACK = "127.0.0.1"


def serve(folder: Path) -> None:
    """One device with one copy of everything: three kinds of servers, and the proxy in front of them."""
    utils.HASH_PATH_SUFFIX = b"tests"
    (folder / "device").mkdir(parents=True)
    conf = {"devices": str(folder), "swift_dir": str(folder), "mount_check": "false", "log_level": "CRITICAL"}
    logger = utils.get_logger(conf, "swift")
    backends = {"account": AccountController, "container": ContainerController, "object": ObjectController}
    for name, controller in backends.items():
        listener = eventlet.listen((LOOPBACK, 0))
        write_ring(folder / f"{name}.ring.gz", listener.getsockname()[1])
        eventlet.spawn(eventlet.wsgi.server, listener, controller(conf, logger), log_output=False)
    listener = eventlet.listen((LOOPBACK, 0))
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    eventlet.wsgi.server(listener, proxy(folder, conf, logger), log_output=False)


def write_ring(path: Path, port: int) -> None:
    builder = RingBuilder(part_power=1, replicas=1, min_part_hours=0)
    builder.add_dev({"region": 1, "zone": 1, "weight": 1, "ip": LOOPBACK, "port": port, "device": "device"})
    builder.rebalance()
    builder.get_ring().save(str(path))


def proxy(folder: Path, conf: dict[str, str], logger: Any) -> Any:
    app: Any = Application(
        {**conf, "account_autocreate": "true", "allow_account_management": "true"},
        logger,
        account_ring=Ring(str(folder / "account.ring.gz")),
        container_ring=Ring(str(folder / "container.ring.gz")),
    )
    app = slo.filter_factory(conf)(app)
    app = copy.filter_factory(conf)(app)
    app = tempauth.filter_factory({**conf, "user_" + ACCESS_KEY.replace(":", "_"): f"{SECRET_KEY} .admin"})(app)
    return s3api.filter_factory({**conf, "location": REGION})(app)


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
