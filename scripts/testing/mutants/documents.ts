import { mutantsOf } from './mutant.ts'

/** With real storage, in a page. */
const titles = 'client/src/documents/title.browser.test.ts'
const forkedTitles = 'client/src/documents/forked-title.browser.test.ts'
const forkedNames = 'client/src/sync/forked-names.browser.test.ts'
const chapters = 'client/src/documents/chapter.test.ts'
const gates = 'client/src/documents/gate.test.ts'
const openings = 'client/src/documents/clique-session.browser.test.ts'
const stretches = 'client/src/documents/stretches.browser.test.ts'
const forkedStretches = 'client/src/documents/forked-stretches.browser.test.ts'
const branches = 'client/src/documents/branches.test.ts'
const contents = 'client/src/documents/shared-contents.test.ts'

/** What is taken in of records and shown of them. */
export const documentMutants = mutantsOf({
  ['client/src/documents/beside.ts']: [
    [
      'other-branches-are-not-there',
      'GATE11',
      "return admission.verdict === 'accept' ? contributionOf(record, admission) : null",
      'return null',
      forkedTitles,
    ],
  ],
  ['client/src/documents/chapter.ts']: [
    [
      'clocks-of-whoever-was-first',
      'CID2',
      'const part = this.#parts.get(partName(writer))\n',
      'const part = [...this.#parts.values()][0]\n',
      chapters,
    ],
    [
      'one-document-for-all',
      'CID2',
      'this.#parts.get(name) ?? new DevicePart(stretch)',
      '[...this.#parts.values()][0] ?? new DevicePart(stretch)',
      chapters,
    ],
    [
      'one-part-for-all-stretches',
      'CID5',
      '`${device} ${stretch}`',
      '`${device} ${stretch - stretch}`',
      chapters,
    ],
    [
      'each-session-from-nothing',
      'CID3',
      'own: new Map([[client, clock]])',
      'own: new Map([[client, 0]])',
      chapters,
    ],
  ],
  ['client/src/documents/device-part.ts']: [
    ['places-by-client-id', 'MOD7', 'x.sequence - y.sequence || ', ''],
    ['what-is-deleted-leaves-its-place', 'MOD7', 'start + clock - first + i', 'placed.length'],
    ['places-in-the-chapter', 'MOD7', 'if (sequence !== last) start = 0', ''],
    ['half-a-part-shows', 'GATE15', 'if (this.#isBroken) return []', '', chapters],
    ['copies-of-a-broken-part-are-whole', 'GATE15', 'copy.#isBroken = this.#isBroken', '', chapters],
    ['a-broken-part-goes-on', 'GATE15', 'return !this.#isBroken', 'return true', chapters],
    [
      'the-end-is-where-a-session-ends',
      'CID3',
      'if (sequence >= (this.#last?.sequence ?? 0)) ',
      '',
      chapters,
    ],
  ],
  ['client/src/documents/update-description.ts']: [
    ['values-below-keys', 'GATE3', ' && struct.parentSub === null', '', gates],
    [
      'values-of-any-kind',
      'GATE3',
      'struct.content instanceof Y.ContentAny && struct.parentSub',
      'struct.parentSub',
      gates,
    ],
  ],
  ['client/src/documents/stretch.ts']: [
    [
      'whatever-lies-between-is-one-stretch',
      'CID5',
      'return previousKey === key ?',
      'return before !== undefined ?',
      stretches,
    ],
  ],
  ['client/src/documents/branches.ts']: [
    [
      'any-place-is-acknowledged',
      'CHN6',
      'byId.get(record)?.sequence !== sequence',
      '!byId.has(record)',
      branches,
    ],
    [
      'branches-stand-by-any-key-out-of-reach',
      'CHN9',
      "placeInChain(nothingHeld, link, outOfReach).verdict === 'next'",
      'link.previousKey === null || outOfReach.has(link.previousKey)',
      branches,
    ],
    [
      'what-stands-alone-keeps-what-is-before',
      'CHN9',
      'if (standsAlone(link, outOfReach)) {',
      'if (link.previous === null) {',
      branches,
    ],
  ],
  ['client/src/documents/forked-chain.ts']: [
    [
      'a-misnamed-key-without-its-record',
      'CHN10',
      'said?.sequence === forkedAt && keyId !== said.previousKey',
      'false',
      forkedStretches,
    ],
    ['nothing-lacks-before-a-fork', 'CHN10', 'isLacking || isProofWaiting ?', 'isLacking ?', forkedStretches],
    [
      'what-stands-is-one-piece',
      'CHN9',
      'outOfReach.size > 0 ? await back(end + 1, 1) : []',
      '(await back(end + 1, 1)).slice(1)',
      forkedStretches,
    ],
  ],
  ['client/src/documents/known-chains.ts']: [
    [
      'what-lies-aside-names-nothing',
      'CHN10',
      'if (one.sequence === forkedAt) known.#name(one)',
      'if (one.sequence < forkedAt) known.#name(one)',
      forkedStretches,
    ],
    [
      'what-stands-before-begins-a-stretch',
      'CID5',
      'stretchOf(this.#documents.context, link, before)',
      'stretchOf(this.#documents.context, { ...link, previousKey: before?.key ?? null }, before)',
      forkedStretches,
    ],
  ],
  ['client/src/documents/settle-forks.ts']: [
    [
      'what-is-split-stays-so',
      'CHN6',
      'instead.length === 0 && !isSplit',
      'instead.length === 0',
      forkedStretches,
    ],
    [
      'branches-stand-each-by-itself',
      'CID5',
      'const chains = await KnownChains.read(documents, places)',
      'const chains = await KnownChains.read(documents, places.slice(0, 0))',
      stretches,
    ],
  ],
  ['client/src/documents/gate.ts']: [
    ['large-names', 'GATE7', 'payload.length > maxTitlePayload', 'payload.length > 1e6', titles],
    ['any-shape-is-a-name', 'GATE14', '&& nameIn(update) !== null', '', titles],
    ['refused-for-what-lacks', 'GATE7', 'client <= builtOn.length ? Infinity : 0', '0', titles],
    ['names-what-it-does-not-touch', 'GATE7', 'touched.size === builtOn.length', 'true', titles],
  ],
  ['client/src/documents/record-placing.ts']: [
    [
      'all-under-one-id',
      'GATE8 GATE11',
      '.toSorted().map((id, i) => [id, i + 1])',
      '.toSorted().map((id) => [id, 1 + Number.parseInt(id.slice(0, 13), 16)])',
      contents,
    ],
  ],
  ['client/src/documents/shared-contents.ts']: [
    [
      'ground-with-its-words',
      'GATE9',
      'places === null ? placedWhole',
      'places !== undefined ? placedWhole',
      contents,
    ],
    ['throws-are-let-through', 'GATE2', 'broken === undefined', 'true', contents],
    ['nothing-is-tried-apart', 'GATE13', 'held.records].filter(isSound)', 'held.records]', contents],
  ],
  ['client/src/documents/wanted.ts']: [
    ['ground-without-bound', 'SHO6', 'Math.min(named, limit.sequence + maxWanted)', 'named', titles],
    [
      'ground-is-not-taken-in',
      'SHO6 GATE10',
      'return wanted < limit.sequence ? limit',
      'return wanted < Infinity ? limit',
      titles,
    ],
    [
      'ground-stays-here',
      'GATE11',
      'if (ofDevice.length === 0) return []',
      'if (ofDevice.length >= 0) return []',
      forkedTitles,
    ],
  ],
  ['client/src/documents/record-commit.ts']: [
    ['what-came-with-it-names-nothing', 'CHN10', '    this.#chains.refuse(body)\n', '', forkedStretches],
    [
      'names-aside-are-not-judged',
      'GATE7',
      'isTitle(body.document) ? await this.#judge(record, receivedAt) : null',
      'null as Admission | null',
      forkedTitles,
    ],
  ],
  ['client/src/documents/title-update.ts']: [
    ['titles-that-show-nothing', 'GATE14 OPS8', '!isBlank(title)', "title !== ''", titles],
    ['more-than-one-item', 'GATE14', 'structs.length !== 1 ||', '', titles],
    ['names-that-delete', 'GATE14', 'ds.clients.size > 0 ||', '', titles],
    ['names-before-something', 'GATE14', 'stands && rightOrigin === null', 'stands', titles],
    ['names-anywhere', 'GATE14', 'parent === root && parentSub === key', 'true', titles],
  ],
  ['client/src/documents/tried-apart.ts']: [
    ['tried-again-and-again', 'GATE13', 'tried.set(record, sound)', '', contents],
  ],
  ['client/src/storage/forks.ts']: [
    ['ground-gives-way', 'GATE11 GATE12', 'if (kept.has(row.id)) continue', '', forkedTitles],
    [
      'read-there-and-brought-again',
      'OB10',
      'await noteAsideAtRelay({ db }, place, relay, [id])',
      '',
      forkedNames,
    ],
  ],
  ['client/src/documents/outgoing.ts']: [
    [
      'ground-comes-to-no-relay',
      'OB10',
      'if (ground.size === 0) return []',
      'if (ground.size >= 0) return []',
      forkedNames,
    ],
    ['ground-without-its-fork', 'OB10', 'row === proof || ', '', forkedNames],
    ['ground-again-and-again', 'OB10', '!row.relays.includes(relay) &&', '', forkedNames],
    [
      'ground-that-is-too-old',
      'OB4 OB10',
      'row.receivedAt >= since || row.relays.length === 0',
      'true',
      forkedNames,
    ],
  ],
  ['client/src/documents/space-documents.ts']: [
    ['a-broken-part-in-snapshots', 'GATE15', 'chapter.isBroken || ', '', openings],
    [
      'forks-are-only-counted',
      'CHN5',
      '[...this.forks].join()',
      'this.forks.size',
      'client/src/documents/forks.browser.test.ts',
    ],
  ],
  ['client/src/storage/at-relay.ts']: [
    ['ground-is-not-remembered', 'OB10', '[...row.relays, relay]', '[...row.relays]', forkedNames],
  ],
  ['client/src/documents/title.ts']: [
    ['names-without-end', 'GATE12', 'if (own.length >= maxSharedRecords) return false', '', titles],
    [
      'carried-names-stay',
      'LIN4',
      'const isAny = given.some(({ isCarried }) => !isCarried)',
      'const isAny = false as boolean',
      'client/src/documents/name-lines.browser.test.ts',
    ],
    [
      'carried-from-nowhere',
      'LIN4',
      'isCarried && last === null && !readsAll',
      'isCarried && last === null',
      'client/src/documents/name-lines.browser.test.ts',
    ],
  ],
  ['client/src/documents/author-verdict.ts']: [
    [
      'device-that-was-out-writes',
      'SHO2 SHO1',
      "if (found?.status !== 'in' || member === undefined) return false",
      'if (member === undefined) return false',
    ],
    [
      'who-is-not-in-a-space-writes',
      'SHO2',
      'return isInSpace(roster, space, member.id) && member',
      'return member',
    ],
    ['readers-write', 'SHO2', "member.role !== 'reader'", 'true'],
    [
      'roster-of-today-is-not-asked',
      'SHO1',
      "sequence: claims.sequence, id }) ? 'member' : 'wait'",
      "sequence: claims.sequence, id }) || true ? 'member' : 'wait'",
    ],
    [
      'unknown-heads-are-passed-over',
      'SHO2',
      "if (!heads.every((head) => log.operations.has(head))) return 'wait'",
      '',
    ],
  ],
  ['client/src/documents/moderation.ts']: [
    ['anybody-hides', 'MOD1', 'return isModerator(author) && (', 'return ('],
    ['juniors-hide-what-seniors-say', 'MOD1', "(other.status !== 'in' || isAbove(author, other))", 'true'],
    ['who-is-out-hides', 'MOD1', "if (author?.status !== 'in' || other", 'if (author === undefined || other'],
    ['rank-before-role', 'MOD1', 'a.role === b.role ?', 'true ?'],
    [
      'roster-of-the-record-is-not-asked',
      'MOD1',
      'return mayInNamed(act, message.device, facts) && standing',
      'return standing',
    ],
    ['hides-outlast-the-right', 'MOD2', 'return isModerator(member) || [', 'return true || ['],
    ['hides-beyond-the-cut', 'MOD2', '|| !isWithinFirstCut(act)) return false', ') return false'],
    [
      'anybody-lets-stand',
      'MOD2',
      'stands.filter((stand) => mayInNamed(stand, stand.entry.device, facts))',
      'stands',
    ],
    [
      'words-of-who-lost-the-right',
      'MOD2',
      '!this.#stands.has(stand) && this.of(stand)',
      '!this.#stands.has(stand)',
    ],
    ['stands-without-end', 'MOD2', 'act.sequence <= stand.sequence && ', ''],
    ['old-words-stand', 'MOD2 MOD4', ' && stand.time >= act.entry.time', ''],
    ['shows-lift-what-they-do-not-name', 'MOD3', 'return names && roster', 'return roster'],
    ['juniors-overrule', 'MOD3', 'hider !== null && mayOverrule(roster, by, hider)', 'hider !== null'],
    ['own-hides-stay', 'MOD3', 'return by === hider || mayModerate', 'return mayModerate'],
    ['entries-before-their-message', 'MOD5 MOD4', 'if (entry.time < message.entry.time) return false', ''],
    [
      'entries-of-any-branch',
      'MOD5',
      'if (facts.recordAt(message.device, message.sequence) !== entry.message.record) return false',
      '',
    ],
  ],
  ['client/src/documents/moderation-entry.ts']: [
    ['lifts-without-bound', 'MOD5', ' || value.length > maxLifts', ''],
    ['lifts-of-nothing', 'MOD5', 'value.length === 0 || ', ''],
    ['half-a-place', 'MOD5', 'Number.isSafeInteger(value) && value >= 0', 'value >= 0'],
  ],
  ['client/src/documents/roster-lines.ts']: [
    ['lines-where-nobody-knew', 'LIN1', 'at > last && knowsAll(heads)', 'at > last'],
    ['half-a-proof', 'LIN1', 'operations.every((operation) => knows', 'operations.some((operation) => knows'],
    ['lines-again-in-each-window', 'LIN1', 'if (last === -1 && before.some(knowsAll)) return null', ''],
    ['lines-are-dated-back', 'LIN2', 'at > last && knowsAll(heads)', 'knowsAll(heads)'],
    ['anybody-bounds-a-line', 'LIN2', 'device === made?.device && heads', 'heads'],
  ],
  ['client/src/messaging/group-lines.ts']: [
    ['a-line-each', 'LIN3', "kind === 'joined' ? '' : by", 'whom'],
    ['me-among-others', 'LIN3', ', whom === me]', ']'],
    ['one-names-for-all', 'LIN3', 'isOfOne && first.by !== null', 'first.by !== null'],
  ],
  ['client/src/messaging/message-rows.ts']: [
    ['hidden-words-in-rows', 'MOD6', "text: hidden === null ? entry.text : ''", 'text: entry.text'],
    [
      'everybody-looks',
      'MOD6',
      'content: author === me || isOver ? { text, files } : null',
      'content: { text, files }',
    ],
  ],
})
