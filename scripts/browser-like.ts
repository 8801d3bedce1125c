import type { Environment } from 'vitest/runtime'

/**
 * Plain Node whose modules are compiled and resolved as for a page: runes react in a test as they do on screen,
 * without the weight of an emulated document.
 */
const browserLike: Environment = {
  name: 'browser-like',
  viteEnvironment: 'client',
  setup: () => ({ teardown: () => undefined }),
}

export default browserLike
