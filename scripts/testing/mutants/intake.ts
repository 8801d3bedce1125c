import { mutantsOf } from './mutant.ts'

const [documents, storage] = ['client/src/documents', 'client/src/storage']
const at = (...names: string[]): string =>
  names.map((name) => `${documents}/${name}.browser.test.ts`).join(' ')

/** What a device takes in of records and of word about its end, with its real storage: so these run in a browser. */
export const intakeMutants = mutantsOf({
  [`${documents}/reception.ts`]: [
    [
      'strangers-are-taken-in',
      'SPA2 SHO2',
      "if (isNothing && author === 'stranger') return refuse(item, 'record-stranger')",
      '',
      at('spaces', 'reception'),
    ],
    [
      'room-of-who-did-not-sign',
      'WT3',
      'item.author = memberOf(log(), record.body.device)',
      '',
      at('reception'),
    ],
  ],
  [`${documents}/gate.ts`]: [
    [
      'gates-are-not-asked',
      'GATE3 GATE2',
      "if (verdict.verdict === 'refuse') return refuse(verdict.code)",
      '',
    ],
  ],
  [`${documents}/record-commit.ts`]: [
    ['spoiled-copies-are-kept', 'GATE2', '    documents.dropCopy(spoiled)\n', '', at('reception')],
    [
      'gaps-are-taken-in',
      'CHN2',
      "return chain.verdict === 'next' ? 'next' : 'wait'",
      "return 'next'",
      at('reception'),
    ],
    [
      'forks-are-not-noted',
      'CHN5',
      'if (proof !== undefined) await documents.hideFork(',
      'if (false && proof !== undefined) await documents.hideFork(',
      at('reception'),
    ],
  ],
  ['crypto/src/roster/receive.ts']: [
    [
      'a-stray-key-renews-the-keyring',
      'EPO10',
      'return isKnown && rest.archives',
      'return keyring === before && rest.archives',
      at('keyring'),
    ],
  ],
  [`${documents}/clique-session.ts`]: [
    ['keys-by-copies-open-nothing', 'EPO10', ' || keyring !== this.#tried', '', at('keyring')],
    [
      'keys-of-a-stopped-tab-open-nothing',
      'EPO10',
      'const reception = await this.#locked(() => this.#serial',
      'this.#tried = this.#log.keyring\n    const reception = await this.#locked(() => this.#serial',
      at('keyring'),
    ],
    [
      'a-tab-drops-what-waits-in-another',
      'ITM3',
      'await withStoredWaiting(this, this.#log), items,',
      'this.#log, items,',
      at('keyring'),
    ],
    [
      'what-waits-is-caught-up-unstored',
      'ITM3',
      'decodeKeyring(stored, this.#log.keyring), waiting: [] }',
      'decodeKeyring(stored, this.#log.keyring) }',
      at('keyring'),
    ],
    [
      'stored-keyring-is-not-looked-at',
      'EPO10',
      'items.length === 0 && equal(sealed, this.#lastSealedKeyring)',
      'items.length === 0',
      at('keyring'),
    ],
    [
      'stored-keyring-replaces-that-of-a-tab',
      'EPO10',
      'decodeKeyring(stored, this.#log.keyring)',
      'decodeKeyring(stored)',
      at('keyring'),
    ],
  ],
  [`${documents}/keep-intake.ts`]: [
    ['known-copies-are-stored-again', 'EPO10', ' && !lacksWraps(row.bytes)', ' && false', at('keyring')],
  ],
  [`${documents}/raises.ts`]: [
    [
      'every-raise-is-believed',
      'EPO14',
      'if (await hadSaidSo(documents, raise)) believed',
      'if (true) believed',
      at('visibility'),
    ],
    ['raise-of-another-record', 'EPO14', '&& word.record === record', '', at('visibility')],
    ['raise-of-another-place', 'EPO14', '&& word.sequence === sequence', '', at('visibility')],
    [
      'no-raise-is-believed',
      'EPO14 SHO3',
      'weighed?.believed.has(nameOf(raise)) === true',
      'false',
      at('visibility'),
    ],
  ],
  [`${documents}/words.ts`]: [
    [
      'word-after-the-end',
      'EPO14',
      'outKnown.get(by) ?? Infinity, () => true',
      'Infinity, () => true',
      at('visibility'),
    ],
    [
      'word-after-the-fork',
      'CHN12',
      'Math.min(sequence, forks.get(by) ?? Infinity)',
      'sequence',
      at('forks'),
    ],
    [
      'word-of-who-is-out',
      'CHN11',
      'acknowledges: wordsIn(record).filter((one) => mayAcknowledge(roster, space, device, one.device)),',
      'acknowledges: wordsIn(record),',
      at('acknowledgements'),
    ],
  ],
  [`${documents}/visibility.ts`]: [
    ['never-admitted-and-shown', 'SHO1 SHO4', '!wasAdmitted(member) ||', '', at('visibility', 'removal')],
    [
      'cuts-hide-nothing',
      'SHO3 SHO4',
      'return cutOf(roster, device, space, isBelieved) ?? everything',
      'return everything',
      at('visibility', 'removal'),
    ],
    [
      'any-record-at-the-cut',
      'SHO3',
      'return record.id !== null && limit.records.has(record.id)',
      'return true',
      at('visibility'),
    ],
  ],
  [`${documents}/end-watch.ts`]: [
    [
      'told-by-whom-nobody-knows',
      'END1',
      'this.#isKnownAuthor(log, notice) && !this.#has(notice)',
      '!this.#has(notice)',
      at('removal'),
    ],
  ],
  [`${storage}/waiting.ts`]: [
    [
      'one-pot-for-all',
      'WT1',
      "author === '' ? [maxWaiting, maxWaitingBytes] : [maxWaitingOfAuthor, maxWaitingBytesOfAuthor]",
      '[maxWaiting, maxWaitingBytes]',
      'client/src/storage/storage.browser.test.ts',
    ],
    ['waiting-without-a-number', 'WT1', 'count < most &&', '', 'client/src/storage/storage.browser.test.ts'],
    [
      'waiting-without-bytes',
      'WT2',
      '&& bytes + size <= mostBytes',
      '',
      'client/src/storage/storage.browser.test.ts',
    ],
  ],
})
