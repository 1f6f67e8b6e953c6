"""PostgreSQL in a folder, from Debian's package: Airflow's metadata and the Iceberg catalog."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from processes import LOOPBACK, Processes

USER = "nightmarket"
JDBC = Path("/usr/share/java/postgresql.jar")
"""Java's driver for it, of Debian's libpostgresql-jdbc-java."""


def programs() -> Path | None:
    """Where the newest PostgreSQL of this machine has its programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


class Postgres:
    """One server; its user's password is in the file that PGPASSFILE names."""

    def __init__(self, processes: Processes, port: str, password: str) -> None:
        self._processes, self._port, self._password = processes, port, password

    def address(self, database: str) -> str:
        """Without scheme and user."""
        return f"{LOOPBACK}:{self._port}/{database}"

    def start(self) -> None:
        """Start it, with the two databases; makes what the folder lacks."""
        found = programs()
        assert found is not None
        data = self._processes.folder / "postgres"
        as_owner: list[str] = []
        if os.geteuid() == 0:  # PostgreSQL refuses to be root's
            owner = pwd.getpwnam("postgres")
            as_owner = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
            self._processes.folder.chmod(0o711)  # its user passes through
        if not (data / "PG_VERSION").exists():
            self._make(data, found, as_owner)
        self._processes.private(self._processes.passwords, f"{LOOPBACK}:*:*:{USER}:{self._password}\n")
        options = f"-c listen_addresses={LOOPBACK} -c port={self._port} -c unix_socket_directories="
        # No checkpoint has to survive a power cut here.
        self._processes.start(
            "postgres", [*as_owner, found / "postgres", "-D", data, *options.split(), "-c", "fsync=off"]
        )
        ready = [str(found / "pg_isready"), "-h", LOOPBACK, "-p", self._port]
        self._processes.until(
            lambda: subprocess.run(ready, capture_output=True, check=False).returncode == 0, "postgres"
        )
        access = ["-h", LOOPBACK, "-p", self._port, "-U", USER]
        listed = self._processes.output(
            [found / "psql", *access, "-d", "postgres", "-Atc", "select datname from pg_database"]
        )
        for name in sorted({"airflow", "iceberg"} - set(listed.split())):
            self._processes.run([found / "createdb", *access, name], "createdb")

    def _make(self, data: Path, found: Path, as_owner: list[str]) -> None:
        data.mkdir(mode=0o700, exist_ok=True)
        given = self._processes.folder / "postgres-password"
        self._processes.private(given, self._password)
        if as_owner:
            shutil.chown(data, "postgres", "postgres")
            shutil.chown(given, "postgres")
        self._processes.run(
            [*as_owner, found / "initdb", "-D", data, "-U", USER, "--auth=scram-sha-256",
             f"--pwfile={given}", "--encoding=UTF8", "--locale=C"],
            "initdb",
        )  # fmt: skip
        given.unlink()
