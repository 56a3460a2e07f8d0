import { z } from 'zod';

const Stored = z.object({
  isOn: z.boolean(),
  /** Share of the picture that lines may cover. */
  area: z.enum(['quarter', 'half', 'full']),
  /** Percent. */
  size: z.int().min(80).max(150),
  /** Percent. */
  opacity: z.int().min(40).max(100),
  /** Seconds of a crossing. */
  crossing: z.union([z.literal(6), z.literal(8), z.literal(12)]),
});
type Stored = z.infer<typeof Stored>;

const key = 'danmaku';
const first: Stored = { isOn: true, area: 'half', size: 100, opacity: 100, crossing: 8 };

function read(): Stored {
  try {
    return Stored.parse(JSON.parse(localStorage.getItem(key) ?? 'null'));
  } catch {
    return first;
  }
}

/** How this viewer wants to see danmaku; remembered by the browser. */
export class DanmakuPreferences {
  value = $state<Stored>(read());

  set(change: Partial<Stored>): void {
    this.value = { ...this.value, ...change };
    localStorage.setItem(key, JSON.stringify(this.value));
  }
}
