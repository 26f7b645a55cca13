import os
import sys
import warnings

from sluice_agent import pipeline

warnings.simplefilter("error")
p = pipeline("forks")


@p.stage("work")
def work():
    return os.getpid()


for _ in range(5):
    work()
pid = os.fork()
if pid == 0:
    for _ in range(3):
        work()
    os._exit(4)
_, status = os.waitpid(pid, 0)
for _ in range(2):
    work()
sys.exit(os.WEXITSTATUS(status))
