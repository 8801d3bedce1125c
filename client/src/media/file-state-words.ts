import { failureSentence } from '../words/errors.ts'
import type { Words } from '../words/words.ts'
import type { FileState } from './shelf-view.ts'

/** Null where there is nothing to say: it is here, or will be known in a moment. */
export function fileStateWords({ media, ...words }: Words, state: FileState): string | null {
  switch (state.kind) {
    case 'unknown':
    case 'here':
      return null
    case 'absent':
      return media.notFetched
    case 'coming':
      return media.coming(state.held, state.of)
    case 'waiting':
      return media.waiting
    case 'failed':
      return failureSentence({ media, ...words }, state.code)
  }
}
