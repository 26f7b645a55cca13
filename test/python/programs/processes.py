import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

from sluice_agent import pipeline

p = pipeline("processes")


@p.stage("own")
def own(n):
    return n


def square(n):
    if n < 0:
        raise ValueError("negative")
    return own(n) ** 2


def child(n):
    for i in range(n):
        own(i)


def main(method):
    context = multiprocessing.get_context(method)
    process = context.Process(target=child, args=(6,))
    process.start()
    process.join()
    assert process.exitcode == 0
    with context.Pool(2) as pool:
        assert pool.map(square, range(20), chunksize=5) == [n * n for n in range(20)]
        assert pool.apply(square, (3,)) == 9
        try:
            pool.apply(square, (-1,))
        except ValueError as error:
            assert str(error) == "negative"
        else:
            sys.exit("the error is gone")
        pool.close()
        pool.join()
    with ProcessPoolExecutor(2, mp_context=context) as executor:
        assert list(executor.map(square, range(10))) == [n * n for n in range(10)]
    with ThreadPoolExecutor(3) as threads:
        assert list(threads.map(square, range(30))) == [n * n for n in range(30)]
    print("children", len(multiprocessing.active_children()))


if __name__ == "__main__":
    main(sys.argv[1])
