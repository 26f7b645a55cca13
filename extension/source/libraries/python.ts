/** Libraries of Python. */
import { argument, keyword, rowsOf, type KnobRow, type Slot } from './row.js';

type Row = Omit<KnobRow, 'library'>;

/** `name=4`, or positional where an index is given. */
function given(name: string, index?: number): readonly Slot[] {
  return index === undefined ? [keyword(name)] : [keyword(name), argument(index)];
}

function row(knob: string, kind: KnobRow['kind'], calls: readonly string[], index?: number): Row {
  return { knob, kind, calls, slots: given(knob, index) };
}

const loader = ['torch.utils.data.DataLoader', 'torch.utils.data.dataloader.DataLoader'];
const threads = [
  'concurrent.futures.ThreadPoolExecutor',
  'concurrent.futures.thread.ThreadPoolExecutor',
];
const processes = [
  'concurrent.futures.ProcessPoolExecutor',
  'concurrent.futures.process.ProcessPoolExecutor',
];
const pools = [
  'multiprocessing.Pool',
  'multiprocessing.pool.Pool',
  'multiprocessing.pool.ThreadPool',
  'multiprocessing.dummy.Pool',
  'multiprocessing.get_context().Pool',
  'torch.multiprocessing.Pool',
];
const mapped = ['imap', 'imap_unordered', 'map', 'map_async', 'starmap'].flatMap((name) =>
  pools.map((pool) => `${pool}().${name}`),
);
const queues = ['Queue', 'LifoQueue', 'PriorityQueue'];

const tfData = (name: string): string => `tensorflow.data.**.${name}`;
const dali = [
  'nvidia.dali.pipeline.Pipeline',
  'nvidia.dali.Pipeline',
  'nvidia.dali.pipeline_def',
  'nvidia.dali.pipeline.pipeline_def',
];
const spdl = (name: string): string => `spdl.pipeline.PipelineBuilder().**.${name}`;
const rayData = (name: string): string => `ray.data.**.${name}`;

export const pythonRows: readonly KnobRow[] = [
  ...rowsOf('torch', [
    row('num_workers', 'parallelism', loader, 5),
    row('prefetch_factor', 'queueDepth', loader),
    row('batch_size', 'batchSize', loader, 1),
  ]),
  ...rowsOf('concurrent.futures', [
    row('max_workers', 'parallelism', [...threads, ...processes], 0),
    row(
      'chunksize',
      'batchSize',
      [...threads, ...processes].map((name) => `${name}().map`),
    ),
  ]),
  ...rowsOf('multiprocessing', [
    row('processes', 'parallelism', pools, 0),
    row('chunksize', 'batchSize', mapped, 2),
    row('maxsize', 'queueDepth', ['multiprocessing.Queue', 'multiprocessing.JoinableQueue'], 0),
  ]),
  ...rowsOf('queue', [
    row(
      'maxsize',
      'queueDepth',
      queues.map((name) => `queue.${name}`),
      0,
    ),
  ]),
  ...rowsOf('asyncio', [
    row(
      'maxsize',
      'queueDepth',
      queues.map((name) => `asyncio.${name}`),
      0,
    ),
    row('value', 'parallelism', ['asyncio.Semaphore', 'asyncio.BoundedSemaphore'], 0),
  ]),
  ...rowsOf('tf.data', [
    row('num_parallel_calls', 'parallelism', [tfData('map'), tfData('interleave')]),
    row('cycle_length', 'parallelism', [tfData('interleave')], 1),
    row('batch_size', 'batchSize', [tfData('batch'), tfData('padded_batch')], 0),
    row('buffer_size', 'queueDepth', [tfData('prefetch'), tfData('shuffle')], 0),
  ]),
  ...rowsOf('joblib', [
    row('n_jobs', 'parallelism', ['joblib.Parallel'], 0),
    row('pre_dispatch', 'queueDepth', ['joblib.Parallel']),
    row('batch_size', 'batchSize', ['joblib.Parallel']),
  ]),
  ...rowsOf('ray', [
    row('concurrency', 'parallelism', [
      rayData('map_batches'),
      rayData('map'),
      rayData('flat_map'),
    ]),
    row('batch_size', 'batchSize', [rayData('map_batches'), rayData('iter_batches')]),
    row('max_tasks_in_flight_per_actor', 'queueDepth', ['ray.data.ActorPoolStrategy']),
    row('size', 'parallelism', ['ray.data.ActorPoolStrategy', 'ray.data.TaskPoolStrategy']),
    row('max_size', 'parallelism', ['ray.data.ActorPoolStrategy']),
  ]),
  ...rowsOf('dask', [
    ...['n_workers', 'threads_per_worker'].map((name) =>
      row(name, 'parallelism', [
        'dask.distributed.LocalCluster',
        'dask.distributed.Client',
        'distributed.LocalCluster',
        'distributed.Client',
        'dask_cuda.LocalCUDACluster',
      ]),
    ),
  ]),
  ...rowsOf('celery', [
    row('worker_concurrency', 'parallelism', ['celery.Celery().conf.update', 'celery.Celery']),
    row('worker_prefetch_multiplier', 'queueDepth', [
      'celery.Celery().conf.update',
      'celery.Celery',
    ]),
  ]),
  ...rowsOf('dali', [
    ...(['num_threads', 'py_num_workers'] as const).map((name) => row(name, 'parallelism', dali)),
    row('prefetch_queue_depth', 'queueDepth', dali),
    row('batch_size', 'batchSize', dali),
  ]),
  ...rowsOf('spdl', [
    row('concurrency', 'parallelism', [spdl('pipe')]),
    row('num_threads', 'parallelism', [spdl('build')]),
    row('buffer_size', 'queueDepth', [spdl('add_sink')], 0),
    row('num_items', 'batchSize', [spdl('aggregate')], 0),
  ]),
];
