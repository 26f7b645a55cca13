/** What VS Code reads before any code of ours runs, against what the code does. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { READING_TOOLS } from '../../../extension/core/assistants/tools.js';
import { EDITOR_TOOLS } from '../../../extension/host/assistants/toolTable.js';
import { CAPTURE_EDITOR, TRACE_EDITOR } from '../../../extension/host/traceFiles.js';
import { COMMANDS } from '../../../extension/host/commandTable.js';
import { DEBUG_TYPES } from '../../../extension/host/run/debugLaunch.js';
import { TASK_TYPE } from '../../../extension/host/run/taskLaunch.js';

const root = path.resolve(import.meta.dirname, '../../..');

interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly contributes: {
    readonly commands: readonly {
      readonly command: string;
      readonly title: string;
      readonly category: string;
    }[];
    readonly menus: Readonly<Record<string, readonly { readonly command: string }[]>>;
    readonly configuration: {
      readonly properties: Readonly<Record<string, { readonly markdownDescription: string }>>;
    };
    readonly languageModelTools: readonly {
      readonly name: string;
      readonly toolReferenceName: string;
      readonly displayName: string;
      readonly modelDescription: string;
      readonly userDescription: string;
      readonly canBeReferencedInPrompt: boolean;
      readonly inputSchema: object;
      readonly icon: string;
      readonly tags: readonly string[];
    }[];
    readonly viewsContainers: { readonly activitybar: readonly { readonly icon: string }[] };
    readonly walkthroughs: readonly {
      readonly steps: readonly {
        readonly description: string;
        readonly media: { readonly markdown: string };
        readonly completionEvents: readonly string[];
      }[];
    }[];
    readonly taskDefinitions: readonly { readonly type: string }[];
    readonly terminal: { readonly profiles: readonly { readonly id: string }[] };
    readonly debuggers: readonly { readonly type: string }[];
    readonly viewsWelcome: readonly { readonly contents: string }[];
    readonly customEditors: readonly {
      readonly viewType: string;
      readonly priority: string;
      readonly selector: readonly { readonly filenamePattern: string }[];
    }[];
  };
}

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as Manifest;
const { contributes } = manifest;

describe('package.json', () => {
  it('contributes exactly the commands of the table, with their titles', () => {
    const contributed = contributes.commands.map(({ command, title }) => [command, title]);
    assert.deepEqual(Object.fromEntries(contributed), COMMANDS);
    assert.equal(contributed.length, Object.keys(COMMANDS).length);
    assert.ok(contributes.commands.every(({ category }) => category === 'Sluice'));
  });

  it('has no menu entry or welcome link for a command that is not there', () => {
    const inMenus = Object.values(contributes.menus).flatMap((items) =>
      items.map((i) => i.command),
    );
    const inWelcome = contributes.viewsWelcome.flatMap(({ contents }) =>
      [...contents.matchAll(/\(command:(sluice\.[A-Za-z]+)\)/g)].map((match) => match[1] ?? ''),
    );
    assert.ok(inWelcome.length >= 3);
    for (const command of [...inMenus, ...inWelcome])
      assert.ok(Object.hasOwn(COMMANDS, command), command);
  });

  it('describes every setting, and the code reads each of them', () => {
    const code = readFileSync(path.join(root, 'extension/host/settings.ts'), 'utf8');
    const settings = Object.entries(contributes.configuration.properties);
    assert.equal(settings.length, 9);
    for (const [name, { markdownDescription }] of settings) {
      assert.ok(markdownDescription.length > 20, name);
      assert.ok(code.includes(`'${name.replace(/^sluice\./, '')}'`), name);
    }
  });

  it('contributes exactly the tools that read, as they are over the Model Context Protocol', () => {
    const tools = contributes.languageModelTools;
    const facts = tools.map((t) => [
      t.name,
      t.toolReferenceName,
      t.displayName,
      t.modelDescription,
      t.inputSchema,
    ]);
    const expected = Object.values(READING_TOOLS).map(
      ({ name, title, description, inputSchema }) => [
        EDITOR_TOOLS[name].name,
        EDITOR_TOOLS[name].reference,
        `Sluice: ${title}`,
        description,
        inputSchema,
      ],
    );
    assert.deepEqual(facts, JSON.parse(JSON.stringify(expected)));
    for (const { name, icon, tags, userDescription, canBeReferencedInPrompt } of tools) {
      assert.match(name, /^sluice_[a-z_]+$/);
      assert.match(icon, /^\$\([a-z-]+\)$/);
      assert.ok(userDescription.length > 20 && tags.includes('sluice') && canBeReferencedInPrompt);
    }
    const registering = readFileSync(
      path.join(root, 'extension/host/assistants/registerTools.ts'),
      'utf8',
    );
    for (const tool of Object.keys(READING_TOOLS)) assert.ok(registering.includes(`'${tool}'`));
  });

  it('has a walkthrough whose buttons and ends are commands, and whose pages exist', () => {
    const steps = contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
    assert.ok(steps.length >= 4);
    for (const { description, media, completionEvents } of steps) {
      const buttons = [...description.matchAll(/\(command:(sluice\.\w+)[?)]/g)].map((m) => m[1]);
      const ends = completionEvents.flatMap((e) => /^onCommand:(sluice\.\w+)$/.exec(e)?.[1] ?? []);
      assert.ok(completionEvents.length > 0);
      for (const command of [...buttons, ...ends]) {
        assert.ok(command !== undefined && Object.hasOwn(COMMANDS, command), command);
      }
      assert.ok(existsSync(path.join(root, media.markdown)), media.markdown);
    }
  });

  it('names tasks and debuggers as the code does, and wakes up for them', () => {
    assert.deepEqual(
      contributes.taskDefinitions.map(({ type }) => type),
      [TASK_TYPE],
    );
    assert.deepEqual(contributes.debuggers.map(({ type }) => type).sort(), [...DEBUG_TYPES].sort());
    const profiles = contributes.terminal.profiles.map(({ id }) => `onTerminalProfile:${id}`);
    const types = DEBUG_TYPES.map((type) => `onDebugResolve:${type}`);
    for (const event of [...profiles, ...types, `onTaskType:${TASK_TYPE}`]) {
      assert.ok(manifest.activationEvents.includes(event), event);
    }
  });

  it('names pictures that exist', () => {
    for (const file of [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map((c) => c.icon),
    ]) {
      assert.ok(existsSync(path.join(root, file)), file);
    }
  });

  it('uses the view types that the code registers', () => {
    const source = (file: string): string =>
      readFileSync(path.join(root, 'extension/host/panel', file), 'utf8');
    // Captures open with a double click; for what other tools use as well, Sluice is one choice of several.
    assert.deepEqual(
      contributes.customEditors.map((e) => [
        e.viewType,
        e.priority,
        e.selector.map((s) => s.filenamePattern),
      ]),
      [
        [CAPTURE_EDITOR, 'default', ['*.fxt', '*.fxt.gz']],
        [TRACE_EDITOR, 'option', ['*.json', '*.json.gz', '*.cpuprofile']],
      ],
    );
    const panelEvent = manifest.activationEvents.find((event) =>
      event.startsWith('onWebviewPanel:'),
    );
    assert.ok(
      source('panels.ts').includes(`'${panelEvent?.replace('onWebviewPanel:', '') ?? 'none'}'`),
    );
  });
});
