// What pictures of a run a report may show: drawn from held-out items by a process of its own, which loads the tensor library. Plain data.

/** A small picture file as it stands in a page. */
export interface Picture {
  /** Of a PNG, base64. */
  readonly png: string;
  readonly width: number;
  readonly height: number;
  /** What it shows, for whoever cannot see it. */
  readonly title: string;
}

/** A puzzle of a held-out item. */
export interface SolvedPuzzle {
  readonly path: string;
  readonly pictures: readonly Picture[];
  readonly answer: string;
  /** What the network said, where its answer can be said in words, how sure it was (0..1), and whether it is right. */
  readonly said?: { readonly text: string; readonly sureness: number; readonly isRight: boolean };
}

export interface MapPoint {
  readonly path: string;
  readonly label?: string;
  readonly split: 'train' | 'test';
  readonly x: number;
  readonly y: number;
}

/** Features of the last stage, seen from where they differ most. */
export interface EmbeddingMap {
  readonly stage: string;
  readonly points: readonly MapPoint[];
  /** Shares of the variance that both axes have. */
  readonly shares: readonly [number, number];
}

/** An item and those that the last stage finds most alike. */
export interface Neighbours {
  readonly asked: Neighbour;
  readonly nearest: readonly (Neighbour & { readonly distance: number })[];
}

export interface Neighbour {
  readonly path: string;
  readonly label?: string;
  readonly picture: Picture;
}

export interface Pictures {
  readonly step: number;
  readonly puzzles: readonly SolvedPuzzle[];
  readonly map?: EmbeddingMap;
  readonly neighbours: readonly Neighbours[];
}
