import type { Checkpoints } from '../ports.ts'

export const noCheckpoints: Checkpoints = {
  latest: () => Promise.resolve([]),
  heard: () => Promise.resolve(),
  onLatest: () => () => undefined,
}
