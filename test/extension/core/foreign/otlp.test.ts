/**
 * OTLP JSON: what OpenTelemetry's own serialiser writes, and documents by hand after the specification (opentelemetry-proto,
 * `opentelemetry/proto/trace/v1/trace.proto`, and "JSON Protobuf Encoding" in the OTLP specification).
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { importBytes, importJson } from '../../../support/imported.js';

const START = 1_790_857_026_000_000_000n;

interface SpanOptions {
  readonly trace?: string;
  readonly kind?: number | string;
  readonly failed?: boolean;
}

function span(name: string, fromNs: number, toNs: number, options: SpanOptions = {}): object {
  return {
    traceId: options.trace ?? '5b8efff798038103d269b633813fc60c',
    spanId: 'eee19b7ec3c1b174',
    name,
    kind: options.kind ?? 1,
    startTimeUnixNano: String(START + BigInt(fromNs)),
    endTimeUnixNano: String(START + BigInt(toNs)),
    ...(options.failed === true ? { status: { code: 2 } } : {}),
  };
}

function resource(name: string, more: Readonly<Record<string, string>> = {}): object {
  const attributes = Object.entries({ 'service.name': name, ...more });
  return {
    attributes: attributes.map(([key, stringValue]) => ({ key, value: { stringValue } })),
  };
}

function request(spans: readonly object[], of: object = resource('shop')): object {
  return { resourceSpans: [{ resource: of, scopeSpans: [{ scope: { name: 'app' }, spans }] }] };
}

/** Orders with a card charged in each, as OpenTelemetry writes them. */
function serialised(orders: number): Uint8Array {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('checkout', '1.0');
  for (let order = 0; order < orders; order++) {
    const startTime = 1_790_857_026_000 + order * 10;
    const root = tracer.startSpan('order', { startTime, kind: SpanKind.SERVER });
    const within = trace.setSpan(ROOT_CONTEXT, root);
    const inner = tracer.startSpan('charge card', { startTime: startTime + 2 }, within);
    if (order % 10 === 0) inner.setStatus({ code: SpanStatusCode.ERROR });
    inner.end(startTime + 8);
    root.end(startTime + 15);
  }
  const bytes = JsonTraceSerializer.serializeRequest(exporter.getFinishedSpans());
  assert.ok(bytes !== undefined);
  return bytes;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('OTLP JSON', () => {
  it('of OpenTelemetry’s serialiser gives processes, stages, executions and items', () => {
    const bytes = serialised(40);
    const { model, outcome, events } = importBytes(bytes, 1000);
    assert.equal(outcome.kind === 'read' && outcome.format, 'otlp');
    const { capture, pipelines } = model.report();
    const [process] = capture.processes;
    assert.match(process?.title ?? '', /^unknown_service/);
    assert.equal(process?.runtime, 'OpenTelemetry nodejs');
    const stages = pipelines[0]?.stages ?? [];
    assert.deepEqual(stages.map((s) => [s.name, s.kind, s.executions, s.errors]).toSorted(), [
      ['charge card', 'cpu', 40, 4],
      ['order', 'io', 40, 0],
    ]);
    // Orders come every 10 ms and take 15: two run at a time.
    assert.equal(stages.find((s) => s.name === 'order')?.parallelism, 2);
    assert.equal(pipelines[0]?.bottleneck.kind, 'none');
    // Both spans of an order are of one trace.
    assert.equal(new Set(events.map((e) => e.args['item'])).size, 40);
  });

  it('keeps times to the nanosecond, and the time of day', () => {
    const { events, model } = importJson(request([span('a', 123, 456_789_012_347)]));
    assert.deepEqual(
      events.map((e) => [e.startNs, e.extra]),
      [[0, 456_789_012_347 - 123]],
    );
    assert.equal(model.report().capture.durationNs, 456_789_012_347 - 123);
  });

  it('gives the spans of one trace one item', () => {
    const traces = ['aa', 'bb', 'aa', 'aa'];
    const spans = traces.map((id, i) => span(i < 2 ? 'first' : 'second', i, i + 1, { trace: id }));
    const { events, model } = importJson(request(spans));
    const items = events.map((e) => e.args['item']);
    assert.deepEqual(items, [0, 1, 0, 0]);
    // The same trace in two stages says that they have to do with each other, not which one feeds which.
    assert.deepEqual(model.report().pipelines[0]?.links, []);
  });

  it('may stand one document a line, as the file exporter writes it', () => {
    const lines = [
      request([span('a', 0, 10)]),
      { resourceMetrics: [] },
      request([span('a', 20, 30), span('b', 20, 40)]),
      request([span('a', 5, 6)], resource('other')),
    ];
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    for (const chunk of [1, 7, 100_000]) {
      const { model, outcome } = importBytes(utf8(text), chunk);
      assert.deepEqual(outcome, { kind: 'read', format: 'otlp', problem: null, emptyReason: null });
      const { pipelines } = model.report();
      assert.deepEqual(
        pipelines.map((p) => [p.name, p.stages.map((s) => [s.name, s.executions])]),
        [
          [
            'shop',
            [
              ['a', 2],
              ['b', 1],
            ],
          ],
          ['other', [['a', 1]]],
        ],
      );
    }
  });

  it('tells instances of a service and scopes of a name apart', () => {
    const one = resource('shop', { 'service.instance.id': 'i1', 'process.pid': '4711' });
    const two = resource('shop', { 'service.instance.id': 'i2' });
    const document = {
      resourceSpans: [
        {
          resource: one,
          scopeSpans: [
            { scope: { name: 'http' }, spans: [span('get', 0, 5)] },
            { scope: { name: 'redis' }, spans: [span('get', 1, 2), span('get', 3, 4)] },
          ],
        },
        { resource: two, scopeSpans: [{ spans: [span('get', 0, 5)] }] },
      ],
    };
    const { pipelines, capture } = importJson(document).model.report();
    assert.deepEqual(
      pipelines.map((p) => [p.name, p.stages.map((s) => [s.name, s.executions])]),
      [
        [
          'shop (i1)',
          [
            ['get', 1],
            ['get (redis)', 2],
          ],
        ],
        ['shop (i2)', [['get', 1]]],
      ],
    );
    assert.equal(capture.processes[0]?.pid, 4711);
  });

  it('may name the resource behind its spans, and the scope not at all', () => {
    const { resourceSpans } = request([span('a', 0, 1)]) as { resourceSpans: object[] };
    const [first = {}] = resourceSpans;
    const reversed = Object.fromEntries(Object.entries(first).reverse());
    const { model } = importJson({ resourceSpans: [reversed, { scopeSpans: [] }] });
    assert.deepEqual(
      model.report().pipelines.map((p) => p.name),
      ['shop'],
    );
    const old = {
      resourceSpans: [
        { instrumentationLibrarySpans: [{ instrumentationLibrary: {}, spans: [span('a', 0, 1)] }] },
      ],
    };
    assert.equal(importJson(old).model.report().pipelines[0]?.name, 'unknown_service');
  });

  it('shares one stage among span names beyond the first hundreds', () => {
    const spans = Array.from({ length: 1000 }, (_, i) => span(`GET /${i}`, i * 10, i * 10 + 5));
    const { model, events } = importJson(request(spans));
    const stages = model.report().pipelines[0]?.stages ?? [];
    assert.equal(stages.length, 201);
    assert.equal(stages.find((s) => s.name === '(other)')?.executions, 800);
    assert.ok(events.some((e) => e.category === 'span' && e.name === 'GET /999'));
  });

  it('leaves out spans that cannot be, and says how many', () => {
    const { model } = importJson(
      request([span('a', 0, 10), span('b', 10, 5), { name: 'c' }, span('d', 3, 4)]),
    );
    const { notes, capture } = model.report();
    assert.equal(capture.executions, 2);
    assert.match(
      notes.join('\n'),
      /Left out: 2 spans that could not be read, .* it ends before it starts/,
    );
  });

  it('without spans says what it holds', () => {
    const reason = (value: unknown): string | null => {
      const { outcome } = importJson(value);
      return outcome.kind === 'read' ? outcome.emptyReason : null;
    };
    assert.equal(reason({ resourceSpans: [] }), 'it holds no spans');
    assert.equal(reason({ resourceMetrics: [] }), 'it holds metrics or logs and no spans');
  });
});
