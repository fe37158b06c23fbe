// What the pages' scripts hand to each other. The type of a script's one global, bnXxx,
// is read from the script itself.

// ---- arrays, graphs and runs, as src/bnbook/graph has them

/** Numbers in row-major order. */
interface NDArray { shape: number[]; data: Float64Array }

type Values = Record<string, NDArray>;

interface Step { name: string; op: string; inputs: string[] }

/** A value: a name, a number as text, or an op and its inputs. */
type Tree = string | Branch;
type Branch = [op: string, ...inputs: Tree[]];

/** A row of the op table. rules: what is sent to each input, null where nothing is. */
interface Op {
  rules: (Tree | null)[];
  print: [text: string, holds: number, needs: number[]] | null;
  words: [forward: string, backward: string] | null;
}

type Table = Record<string, Op>;

/** What a run needs besides graph and values. */
interface How { axes: number[]; groups: number; rules: Record<string, (Tree | null)[]> }

/** A message, and what the backward pass calls it. */
interface Named { step: string; input: string; name: string }
interface Message extends Named { gradient: NDArray }

/** A backward pass: its steps, all that they made, the gradients, the messages as sent. */
interface Back { back: Step[]; sums: Values; grads: Values; messages: Message[] }

interface Ran extends Back { graph: Step[]; how: How; values: Values }

/** A pass and each path's part of it. */
interface Paths extends Ran { paths: Record<string, Ran> }

/** A run as it is left by a cut, if there is one; `whole` is the run without it. */
interface Run extends Paths { whole: Paths; cut: Edge | null }

// ---- the live graph's data, made by src/bnbook/show/explorer.py

type Edge = [step: string, input: string];

/** A way from x to y. silent: the edges that send nothing while it is followed alone. */
interface Path { silent: Edge[]; own: Edge; edges: Edge[] }

/** Which value plays which part; `centred` is missing where no mean is taken. */
type Role = "mean" | "centred" | "spread" | "safe" | "scale" | "inverse" | "norm";

type ListName = "x" | "dy" | "gamma" | "beta" | "mu" | "var";

/** The inputs of a graph: those of the lists that it reads, and eps. */
interface Given extends Record<ListName, number[]> { eps: number }

interface Graph {
  title: string;
  constant: string;
  axes: number[];
  groups: number;
  upright: boolean;
  roles: Record<Role, string>;
  inputs: ListName[];
  steps: Step[];
  paths: Record<string, Path>;
  presets: Record<string, Given>;
  ops: Table;
  /** What a reader typed, if it is a graph of their own. */
  text?: string;
}

type Graphs = Record<string, Graph>;

interface ExplorerData {
  name: string;
  view: string[];
  ops: Table;
  /** The text with which a reader's own graph begins, where there is one. */
  own: string | null;
  start: Opening;
  tries: Try[];
  /** A target for y to begin with, the size of a step, and how many are taken. */
  aim: { target: number[]; rate: number; steps: number };
  graphs: Graphs;
}

/** A state to go to. text: the steps of a graph of the reader's own. */
interface Opening {
  graph: string;
  preset: string;
  at: string;
  path: string | null;
  cut: string | null;
  text?: string | null;
  /** A part of the live graph to open and to lead to. */
  open?: string;
  /** What stands above the graph while its batch is as it came. */
  told?: string;
}

interface Try { label: string; to: Opening; hint: string }

// ---- the live graph's state

/** `at` counts the steps done; `path` is followed, `cut` left out. */
interface State extends Given {
  graph: string;
  at: number;
  path: string | null;
  cut: string | null;
}

/** A change of the state; a place may be said by name. */
type Patch = Partial<Omit<State, "at">> & { at?: number | string };

/** A state, its graph and the run on it. */
interface Snapshot { graph: Graph; state: State; run: Run }

interface Store {
  now: () => Snapshot;
  /** What the last thing to try says of itself, or "". */
  told: () => string;
  start: () => void;
  set: (patch: Patch) => boolean;
  choose: (graph: string, preset?: string) => void;
  type: (text: string) => void;
  open: (to: Opening) => void;
  reset: () => void;
  recall: () => boolean;
  put: (state: State & { text?: string }) => void;
  address: () => string;
}

/** A part on the page. fresh: nothing of what was built before fits; stepped: `at` moved. */
interface View {
  root: HTMLElement;
  show: (now: Snapshot, fresh: boolean, stepped: boolean) => void;
}

/** The step that was just done, and in which direction. */
interface Place { step: Step; backward: boolean }

/** The part of a gradient that has come so far: `got` of `of` messages. */
interface Arrived { got: number; of: number; sum: NDArray }

interface Known { values: string[]; grads: Record<string, Arrived> }

/** What of a run can be seen at its place. lit: edges of the path; gone: that which is cut. */
interface Seen {
  here: Place | null;
  so: Known;
  messages: Message[];
  lit: Set<string> | null;
  gone: string | null;
}

/**
 * One step's message to one input, element by element: part = upstream × local. whole: what
 * it is without the cut; cut: whether it is the message that is not sent.
 */
interface Product {
  input: string;
  rule: string;
  part: NDArray;
  local: NDArray;
  upstream: Float64Array;
  gradient: NDArray;
  whole: NDArray;
  cut: boolean;
}

/** A mark on a number line: a place, or a stretch. */
interface Mark { kind: string; label: string; at?: number; from?: number; to?: number }

/** A field for one number; said: why one was refused; `step`: what its arrows move by. */
interface NumberField {
  root: HTMLElement;
  said: HTMLElement;
  show: (v: number, step?: number | string) => void;
}

interface Span { low: number; high: number }

/** Where small numbers are drawn. middle: the x about which one number is centred. */
interface Area {
  x: number;
  y: number;
  width: number;
  height: number;
  end?: boolean;
  middle?: number | false;
}

// ---- what stands on a page

type Attribute = string | number | boolean | null | undefined | ((event: any) => void);
type Attributes = Record<string, Attribute>;
type Child = Node | string | null | undefined;
type Children = (Child | Child[])[];

/** What tests, notebooks and the curious may ask of a live part. */
interface Part { put: (state: any) => void; [more: string]: unknown }

interface HTMLElement { explorer?: Part; explorable?: Part }

/** A widget's model, as anywidget hands it over. */
interface Model {
  get: (name: string) => any;
  set: (name: string, value: unknown) => void;
  save_changes: () => void;
}

// ---- the small explorables

type Choice = [value: string, words: string];

/** A slider over `values` or from `min` to `max`; a list of `options`; else a tick box. */
interface ControlSpec {
  name: string;
  label: string;
  values?: number[];
  min?: number;
  max?: number;
  step?: number;
  options?: Choice[];
  show?: (value: number) => string;
}

interface Control<V> {
  input: HTMLInputElement | HTMLSelectElement;
  output?: HTMLOutputElement;
  put: (value: V) => void;
}

/** A small explorable: a state S, what follows from it R, and how both are shown. */
interface Explorable<S, R> {
  controls: ControlSpec[];
  start: S;
  compute: (state: S) => R;
  draw: (state: S, result: R) => Node[];
  words: (state: S, result: R) => string;
}

// ---- the measured ones

/** Over seeds. */
interface Spread { mean: number; low: number; high: number }

/** hue: a colour of the palette; label: what it is called above the curves, if it is. */
interface Curve { points: Spread[]; hue: string; dash?: string; ranges?: boolean; label?: string }

// ---- Sphinx's own search, as search.js finds it

declare const Search: {
  makeSearchSummary(html: string, keywords: Iterable<string>, anchor: string):
    HTMLElement | null;
};
