"""Spark's own master and workers, from the package pyspark, and a Python of the workers' own."""

import os
import shutil
import sys
from pathlib import Path

from processes import LOOPBACK, MARK, Processes, listens

from nightmarket.spark import embedded

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 2
NAMES = [*(f"worker-{n}" for n in range(1, WORKERS + 1)), "master"]
"""Of its processes, in the order in which they are to end."""
_DEPLOY = "org.apache.spark.deploy"


class Standalone:
    """A master and its workers, which have neither a checkout nor a home nor the variables of whoever starts
    them."""

    def __init__(self, processes: Processes, port: str, page: str, cores: int) -> None:
        """``cores`` are each worker's; each of them gives an executor 1 GB."""
        self._processes, self._port, self._page, self._cores = processes, port, page, cores
        self.master = f"spark://{LOOPBACK}:{port}"
        self.workers = NAMES[:WORKERS]

    def install(self) -> Path:
        """A Python for the workers: the package as built, and beside it what the checkout's has installed."""
        venv, built = self._processes.folder / "python", self._processes.folder / "built"
        shutil.rmtree(built, ignore_errors=True)
        (built / "source").mkdir(parents=True)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, built / "source")
        shutil.copytree(
            ROOT / "lib", built / "source" / "lib", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__")
        )
        wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
        self._processes.run([*wheel, "--wheel-dir", built, built / "source"], "wheel")
        (package,) = built.glob("*.whl")
        shutil.rmtree(venv, ignore_errors=True)
        self._processes.run([sys.executable, "-m", "venv", "--without-pip", venv], "wheel")
        (packages,) = (venv / "lib").glob("python*/site-packages")
        shutil.unpack_archive(package, packages, "zip")
        # As a plain line: the other folder's own .pth files, and with them its checkout, stay unread.
        theirs = next(Path(p) for p in sys.path if p.endswith("site-packages") and p.startswith(sys.prefix))
        (packages / "others.pth").write_text(f"{theirs}\n")
        shutil.rmtree(built)
        return venv / "bin" / "python"

    def start(self) -> None:
        self._start("master", "master.Master", "--port", self._port, "--webui-port", self._page)
        self._processes.until(lambda: listens(self._port), "master")
        for name in self.workers:
            self.start_worker(name)
        for name in self.workers:
            log = self._processes.log(name)
            self._processes.until(lambda log=log: "registered with master" in log.read_text(), name)  # type: ignore[misc]

    def start_worker(self, name: str) -> None:
        """Again, when it has died."""
        place = self._processes.folder / name
        place.mkdir(exist_ok=True)
        self._start(
            name, "worker.Worker", "--webui-port", "0", "--cores", str(self._cores),
            "--memory", f"{self._cores}g", "--work-dir", str(place / "work"), self.master,
            SPARK_LOCAL_DIRS=str(place / "scratch"), HOME=str(place),
        )  # fmt: skip

    def _start(self, name: str, program: str, *arguments: str, **variables: str) -> None:
        bare = {
            "PATH": os.defpath,
            "JAVA_HOME": str(embedded.java_home()),
            "SPARK_HOME": str(embedded.spark_home()),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_CONF_DIR": str(self._processes.folder / "no-configuration"),
            MARK: str(self._processes.folder),
        }
        spark = embedded.spark_home() / "bin" / "spark-class"
        self._processes.start(
            name, [spark, f"{_DEPLOY}.{program}", "--host", LOOPBACK, *arguments], {**bare, **variables}
        )
