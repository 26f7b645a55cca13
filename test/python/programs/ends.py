import os
import signal
import sys
import time

from sluice_agent import pipeline

p = pipeline("ends")


@p.stage("work")
def work(how):
    if how == "raise":
        raise RuntimeError("at the end")
    if how == "interrupt":
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)


for _ in range(10):
    work("nothing")
how = sys.argv[1]
if how in ("raise", "interrupt"):
    work(how)
elif how == "exit":
    sys.exit(7)
elif how == "_exit":
    os._exit(9)
elif how == "kill":
    time.sleep(60)
