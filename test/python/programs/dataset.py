import time

import ray


def decode(batch):
    time.sleep(0.01)
    return batch


def even(row):
    return row["id"] % 2 == 0


if __name__ == "__main__":
    ray.init(num_cpus=4, include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    tasks = ray.data.TaskPoolStrategy(size=2) if hasattr(ray.data, "TaskPoolStrategy") else None
    dataset = ray.data.range(400, override_num_blocks=20).map_batches(decode, batch_size=64, compute=tasks).filter(even)
    for _ in range(2):
        print(sum(len(batch["id"]) for batch in dataset.iter_batches(batch_size=10)))
    stats = dataset.stats()
    print("decode", stats.split("MapBatches(decode)")[1].split("Remote wall time:")[1].split(" mean, ")[1].split(" total")[0])
