export type { MediaDirectory } from './directory.ts';
export type { MediaEngine } from './engine.ts';
