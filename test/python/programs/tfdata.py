import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import time

import tensorflow as tf


def slow(value):
    time.sleep(0.002)
    return value


def decode(value):
    return tf.py_function(slow, [value], tf.int64)


dataset = tf.data.Dataset.range(320).map(decode, num_parallel_calls=2).batch(8).prefetch(4)
total = 0
for _ in range(2):
    for batch in dataset:
        total += int(tf.reduce_sum(batch))
        time.sleep(0.002)
for _ in tf.data.Dataset.range(3):
    pass
print(total)
