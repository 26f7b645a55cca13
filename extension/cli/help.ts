/** Help texts, at most 80 columns wide. */
import type { HelpTopic } from './arguments.js';

const sluice = `Sluice finds the stage that holds a pipeline back.

usage
  sluice run [options] -- command …   profile a command
  sluice tune [options] -- command …  find better settings while it runs
  sluice ps                           list programs that can be attached to
  sluice attach pid                   profile a program that runs already
  sluice report capture.fxt           print the report of a capture
  sluice compare base.fxt head.fxt    what changed, and checks for CI
  sluice convert trace -o file        write it in the format of another tool
  sluice mcp                          the same facts for assistants (MCP)
  sluice <command> --help             what a command can do
  sluice --version

exit codes
  0 done   2 wrong use   3 unreadable input   run, tune: those of the command
  compare: 1 a check failed
`;

const run = `usage: sluice run [options] -- command …

Runs the command with the Sluice agent in it and in every Node.js process that
it starts, and reports when it ends. The command's input, output, exit code and
signals are its own; the report goes to stderr.

options
  -o, --out FILE        write the capture here (replaced if it exists); default:
                        a file in the temporary folder, the newest 20 are kept
  -n, --repeat COUNT    run it so often, one by one, for sluice compare;
                        --out is a folder, or a name: name-1.fxt, name-2.fxt, …
                        A run that does not exit with 0 is the last
  -d, --duration TIME   ask the command to stop after 30s, 500ms, 2m, 1h:
                        SIGINT, 5 s later SIGTERM, 5 s later SIGKILL
      --cpu-profile[=TIME]
                        sample the functions of every thread, from the start
                        for TIME (5s) or, without one, for the whole run
                        (1h at most); the panel shows them below the stages
      --json            print the report as JSON (sluice.report/1) to stdout,
                        after the command's own output
      --no-report       only write the capture
  -h, --help

exit codes
  the command's own; if a signal killed it, sluice ends by the same signal or
  with 128 + its number. 0 if it died of a signal that --duration sent. 127 if
  the command was not found, 126 if it cannot be executed, 2 for wrong use.

The agent works in Node.js 20 and later. It finds the pools, queues and streams
of the libraries in the README by itself; a program can declare stages and
queues with the API of 'sluice'.
`;

const tune = `usage: sluice tune [options] -- command …

Runs the command, turns its live knobs while it runs, and keeps what is better.
Each change is a trial: blocks with and without it by turns, in an order of
chance, compared with the noise of the program itself. What does harm is taken
back at once, also if sluice dies. The program goes on with the best values and
ends as in sluice run. Every trial is written to .sluice/trials.jsonl.

what for
      --objective TEXT  throughput (default), p50, p95 or p99, with limits:
                        "throughput with p95<50ms, rss<500MB, errors<1%";
                        p99<1.5x: so much of what it was before
      --max-p95 TIME, --max-p99 TIME, --max-rss SIZE
      --target-rate N   as little as possible for N items per second
      --min-effect PCT  what is less is not worth a change (3)

how
      --knob NAME[=MIN..MAX]
                        turn only this one, and only so far; may be repeated
      --pipeline NAME   default: the first one with live knobs
  -t, --time TIME       begin no more trials after 60s, 2m
      --max-trials N    (30)
      --patience N      knobs in a row that may bring nothing (2)
      --block TIME      shortest block (500ms)
      --seed N          of the order of blocks (1)
      --stop-when-done  ask the command to stop when the search is over

programs that end by themselves
      --restart         runs the whole command again and again; live knobs get
                        their values at its start, and times are compared. All
                        that was kept is compared with the first setting at last

what cannot be set while it runs
      --vary NAME=A,B,…  runs the whole command again and again, with the
                        environment variable NAME (and {NAME} in its arguments)
                        set to each value by turns, and compares the times
      --rounds N        runs of each value (5)

what was tried
      --replay FILE     repeats the trials of a journal, and says which hold
      --journal FILE    instead of .sluice/trials.jsonl
      --input TEXT      what the program works on, for the journal
  -o, --out FILE        write the capture here, as in sluice run
      --json            print the result as JSON to stdout
  -h, --help

exit codes
  the command's own, as in sluice run; --vary, --restart: 0, or 1 if a run failed
`;

const report = `usage: sluice report [options] capture.fxt

Prints what a capture says: stages, queues, the bottleneck and the evidence for
it, what every rule found, and which settings would be better, by how much. A
capture that was cut short is read up to the break. Traces of other tools are
read, too: see sluice convert --help.

options
  -f, --format FORMAT   text (default) or json (sluice.report/1)
      --with TRACE      another tool's trace of the same run, such as that of
                        torch.profiler: its totals beside those of the stages
      --earlier FILE    a capture of the same program under other settings; they
                        tell how its stages scale (may be given several times)
      --max-p95 TIME    suggest only what keeps the 95th percentile of latency
      --max-p99 TIME    (or the 99th) below 50ms, 800us, 2s
      --target-rate N   suggest as few lanes as keep up with N items per second,
                        instead of as much throughput as possible
  -h, --help

exit codes
  0 done   2 wrong use   3 the file cannot be read or is no capture
`;

const compare = `usage: sluice compare [options] base.fxt head.fxt
       sluice compare [options] --base a1.fxt … --head b1.fxt …

Tells what changed from BASE to HEAD: each figure of the pipelines, stages and
queues, the settings, the machine, and the likely cause. A side is a capture, a
folder of captures, or several with commas or spaces between.

A run is a sample. Single runs show how large a change is, not whether it is
chance: that takes 4 runs a side, better 6, best in turns (base, head, base …).
With so many a change counts when it is at least the threshold and p < 0.05, by
the Mann-Whitney test and among all figures (maxT by permutation).

options
      --base FILE …     captures of BASE
      --head FILE …     captures of HEAD
      --fail-on CHECK   exit with 1 if it holds; may be given several times
      --threshold 3%    smaller changes do not count (not for --fail-on)
  -f, --format FORMAT   text (default), markdown, or json (sluice.compare/1)
  -h, --help

checks: [name:]metric<-5% or [name:]metric>10% [and significant]
  pipeline  throughput latency.mean latency.p50 latency.p95
  stage     rate trueRate service.mean service.p50 service.p95
            utilization errors
  queue     depth full wait.p95
  The change of HEAD against BASE; utilization, errors and full change by
  percentage points. A name is that of a stage, queue or pipeline; without one
  all are checked. With 4 runs a side or more only what is significant fails;
  with less the change alone does, unless "and significant" is written. A check
  for which there is no figure fails.

  sluice run --repeat 6 --out base/ -- node app.js
  sluice compare base head --fail-on "throughput<-5%" \\
                           --fail-on "resize:service.p95>10%"

exit codes
  0 done   1 a check failed   2 wrong use   3 a file cannot be read
`;

const convert = `usage: sluice convert [options] trace -o FILE

Writes a trace in the format of another tool. What the trace is, is told by its
content, gzipped or not:

  fxt          captures of Sluice, and other Fuchsia traces
  chrome       Chrome trace JSON: DevTools, PyTorch (Kineto), chrome://tracing
  cpuprofile   .cpuprofile of V8: node --cpu-prof, DevTools
  speedscope   speedscope JSON
  otlp         OTLP JSON of OpenTelemetry, one document or one a line

options
  -o, --out FILE        write it here (replaced if it exists); - is stdout, and
                        a name that ends in .gz is compressed
      --with TRACE      put another tool's trace of the same run beside it, on
                        its clock, as processes of their own (may be given
                        several times); it must tell the time of day, as
                        PyTorch's profiler does, or have names of stages
  -t, --to FORMAT       one of the above; not needed when the name says it:
                        .fxt, .cpuprofile, .speedscope.json, .otlp.json,
                        .trace.json
      --from TIME       only from here on, counted from the start of the trace:
      --until TIME      only up to here: 1.5s, 250ms, 10us, 2m
      --thread NAME     cpuprofile: only this thread; without it one file for
                        each thread that has samples, FILE with its name in it
  -h, --help

exit codes
  0 done   2 wrong use, or nothing to write   3 the file cannot be read
`;

const ps = `usage: sluice ps [options]

Lists your programs that have the Sluice agent in them: started with
node --require sluice/register, or importing 'sluice'. They wait to be attached
to on a socket in a private folder, unless SLUICE_ATTACH=0 is set for them.

  dormant     nothing is recorded
  flight      SLUICE_FLIGHT=10s: the last seconds are kept in memory; attaching
              hands them over, and SIGUSR2 (SLUICE_FLIGHT_SIGNAL) writes them to
              a file in .sluice (SLUICE_FLIGHT_FOLDER), which is named here
  recording   somebody is attached, or the program was started by Sluice

options
      --json            for programs: one object a line
  -h, --help

exit codes
  0 done   2 wrong use
`;

const attach = `usage: sluice attach [options] pid

Makes a running program record for you, until Ctrl-C, until the time is over, or
until it ends; then prints the report. The program goes on as it was before. If
it has a flight recorder, what that kept comes first.

options
  -o, --out FILE        write the capture here (replaced if it exists); default:
                        a file in the temporary folder, the newest 20 are kept
  -d, --duration TIME   stop after 30s, 500ms, 2m, 1h
      --json            print the report as JSON (sluice.report/1)
      --no-report       only write the capture
  -h, --help

exit codes
  0 done   2 wrong use, no such program, or it cannot be attached to
`;

const mcp = `usage: sluice mcp [options]

Serves assistants by the Model Context Protocol, on stdin and stdout; an MCP
client starts it, with this as its configuration:

  { "command": "npx", "args": ["--no", "sluice", "mcp"] }

Tools that read: list_sessions, report, explain_bottleneck and
preview_knob_change. Tools that do something: profile_command, attach, set_knob
and stop_session; each asks the user first, and does nothing if the client
cannot ask. When the client goes, live sessions end, programs that were started
here are stopped, and programs that were attached to go on.

options
      --captures DIR    the captures that are told about, and where new ones go;
                        default: those of sluice run in the temporary folder.
                        Give the folder of the editor to see its sessions
  -h, --help

exit codes
  0 done   2 wrong use
`;

const texts: Readonly<Record<HelpTopic, string>> = {
  sluice,
  run,
  tune,
  report,
  compare,
  convert,
  ps,
  attach,
  mcp,
};

/** The help on a topic, ending in a line break. */
export function helpText(topic: HelpTopic): string {
  return texts[topic];
}
