import { mutantsOf } from './mutant.ts'

const [network, sync] = ['client/src/network', 'client/src/sync']
/** With a real relay, in a page. */
const desks = `${sync}/admin-notes.browser.test.ts`
const forkedNames = `${sync}/forked-names.browser.test.ts`

/** What passes between devices, and what is said of a relay. */
export const syncMutants = mutantsOf({
  [`${network}/auth-messages.ts`]: [
    ['any-number-of-tags', 'AU3 AU12', 'readArray(value, tagCount)', 'readArray(value)'],
  ],
  [`${network}/auth.ts`]: [
    ['heads-without-bound', 'AU13', 'this.#side.heads.slice(0, maxHeads)', 'this.#side.heads'],
  ],
  [`${network}/link.ts`]: [
    ['stream-stays-open', 'LK1', '        await channel.close()\n', ''],
    ['stranger-is-kept', 'LK2 LK4', '    channel.abort()\n    throw error', '    throw error'],
  ],
  [`${network}/node.ts`]: [
    [
      'signals-before-the-admission',
      'NN10',
      'isAdmitted: (connection) => admitted.has(connection),',
      'isAdmitted: () => true,',
    ],
  ],
  [`${network}/frame-channel.ts`]: [
    [
      'cut-frames-are-done',
      'FC3',
      "if (failure === null && cutter.held > 0) failure = new CliqueError('frame-cut')",
      '',
    ],
    ['sender-is-not-paused', 'FC4', '      stream.pause()\n', ''],
    ['reader-may-stall', 'FC5', 'AbortSignal.timeout(limits.drainMs)', 'AbortSignal.timeout(2 ** 31 - 1)'],
  ],
  [`${network}/window-channel.ts`]: [
    ['more-than-was-taken', 'WC4', "if (this.#mayRead <= 0) throw new CliqueError('frame-too-large')", ''],
    [
      'grants-without-bound',
      'WC4',
      "if (this.#mayWrite + bytes > maxGrant) throw new CliqueError('frame-too-large')",
      '',
    ],
    ['window-garbage', 'WC4', "throw new CliqueError('frame-cut')\n", 'return\n'],
  ],
  ['crypto/src/epochs/check-rotation.ts']: [
    [
      'any-epoch-brings-a-capability',
      'EPO5',
      'epoch.space !== null || !epoch.counts',
      'epoch.space !== null',
    ],
  ],
  ['crypto/src/roster/knowing.ts']: [
    [
      'a-link-keeps-the-capability',
      'DTY9',
      "filter(({ status }) => status === 'revoked')",
      'filter(() => false)',
      'crypto/src/roster/knowing.test.ts',
    ],
  ],
  [`${sync}/links.ts`]: [
    [
      'who-is-out-is-linked',
      'LN8',
      'if (!this.#isIn(device)) {\n      channel.abort()',
      'if (false) {\n      channel.abort()',
    ],
    [
      'who-is-out-stays-connected',
      'LN9',
      'for (const [connection, device] of this.#proven) if (!this.#isIn(device)) connection.close()',
      '',
    ],
    ['who-is-out-stays-in-silence', 'LN9', 'node.endStrangers()', ''],
  ],
  [`${sync}/peer-link.ts`]: [
    ['removed-stays-linked', 'PS8', "return this.close(new CliqueError('auth-not-a-member'))", 'return'],
    [
      'refused-without-end',
      'PS7',
      "if (this.#refused > maxRefused) throw new CliqueError('sync-too-much')",
      '',
    ],
    [
      'taken-out-hears-on',
      'PS14',
      'if (!this.#replica.facts().spacesWith(this.device).includes(space)) return',
      '',
    ],
    [
      'told-on-one-link-for-all',
      'PS18',
      '#told = new Set<string>()',
      "#told: Set<string> = (Reflect.get(PeerLink, 'told') ?? (Reflect.set(PeerLink, 'told', new Set()), Reflect.get(PeerLink, 'told')))",
      forkedNames,
    ],
  ],
  [`${sync}/session-replica.ts`]: [
    ['told-without-end', 'PS18', 'if (told.has(name)) return false', '', forkedNames],
  ],
  [`${sync}/peer-sync.ts`]: [
    ['in-sync-by-what-stands', 'PS18', "{ kind: 'send-forks', space },", '', forkedNames],
    [
      'vectors-of-any-space',
      'PS14',
      'if (!held.vectors.has(message.space)) return []\n        this.#expected.set(message.space, message.vector)',
      'this.#expected.set(message.space, message.vector)',
    ],
    ['records-of-any-space', 'PS14', 'return held.vectors.has(message.space)\n', 'return true\n'],
    ['who-comes-back-is-not-compared-anew', 'PS16', 'if (!held.vectors.has(space)) this.#forget(space)', ''],
  ],
  [`${sync}/chunk-asker.ts`]: [
    [
      'holds-what-nobody-asked',
      'CH7',
      '|| !answer.chunks.every((chunk) => asked.has(chunk))) return',
      ') return',
    ],
    ['stalling-is-waited-for', 'CH6', 'receive(this.#waitMs)', 'receive()'],
  ],
  [`${sync}/chunk-server.ts`]: [
    [
      'who-is-out-is-served',
      'CH7 CC4',
      "if (member === null) throw new CliqueError('auth-not-a-member')\n        await this.#answer(bytesToQuestion(frame), channel, member)",
      "await this.#answer(bytesToQuestion(frame), channel, member ?? ('' as MemberId))",
    ],
    [
      'one-member-takes-all-places',
      'CH8',
      'if (this.#isFree(member)) return this.#count(member, 1)',
      'if (true) return this.#count(member, 1)',
    ],
  ],
  [`${sync}/log-watch.ts`]: [
    [
      'another-log-of-the-same-size',
      'LOG3',
      '|| (one.size === head.size && !equal(one.root, head.root))',
      '',
    ],
    ['log-of-somebody-else', 'LOG3', '!equal(one.tenant, head.tenant) ||', ''],
    [
      'log-goes-back',
      'LOG3',
      'if (head.size < Math.max(mark, kept)) return this.#fork(this.#newest ?? this.#verified ?? head, head)',
      '',
    ],
    [
      'growth-without-a-proof',
      'LOG1 LOG4',
      'if (await isConsistent(session, verified, head)) await this.#keep(head)',
      'if (true) await this.#keep(head)',
    ],
    [
      'two-faces-of-one-size',
      'LOG8 LOG4',
      'else if (isOurs && same != null && !equal(same.root, head.root)) return this.#fork(same, head)',
      'else if (false) return this.#fork(head, head)',
    ],
    [
      'two-faces-of-two-sizes',
      'LOG8 LOG4',
      'if (!(await isConsistent(session, old, later))) return this.#fork(old, later)',
      'await isConsistent(session, old, later)',
    ],
    [
      'logs-of-others-accuse',
      'LOG6',
      'const isOurs = equal(head.tenant, verified.tenant)',
      'const isOurs = true',
    ],
    ['asked-without-end', 'LOG7', '|| !this.#heard.mayAsk(from)) continue', ') continue'],
    ['says-it-has-none', 'LOG4 LOG3', "if (isCliqueError(error, 'relay-log-range')) return false", ''],
    ['alarm-is-forgotten', 'LOG4 LOG3', 'if (proof !== null) this.#alarm()', ''],
  ],
  [`${sync}/admin-notes.ts`]: [
    ['word-for-any-tenant', 'AD8', 'if (!(await isConsent(this.#relay, this.tenant, said)))', 'if (false)'],
    [
      'relay-speaks-of-any-tenant',
      'AD8',
      'if (!equal(kept.subarray(0, tenant.length), tenant)) return null',
      '',
    ],
    ['tenant-by-any-word', 'AD8', 'id !== device && isAdminDevice(state, id)', 'id !== device'],
    ['tenant-by-the-own-word', 'AD8', 'id !== device && isAdminDevice', 'isAdminDevice'],
    ['named-and-not-known', 'AD8', 'equal(tenantIdOf(ownKey), this.tenant) ||', ''],
    ['proven-for-a-moment', 'AD8', 'this.#isProven ||=', 'this.#isProven ='],
    [
      'admins-by-the-look-of-their-ids',
      'AD7',
      'compareRanks(rank(a), rank(b)) || (a < b ? -1 : 1)',
      'a < b ? -1 : 1',
    ],
    ['list-without-its-signer', 'AD7', 'best.includes(own) ? best : [...best.slice(0, -1), own]', 'best'],
    ['out-and-kept', 'AD5', '[...this.#notes].filter(([id]) => isDeviceIn(state, id))', '[...this.#notes]'],
    ['anybody-is-named', 'AD5', '.filter(([id]) => isAdminDevice(state, id))', ''],
  ],
  [`${sync}/admin-desk.ts`]: [
    ['notes-of-one-session', 'AD5', 'session.tenant, kept)', 'session.tenant, null)', desks],
    [
      'tenant-by-the-word-of-a-relay',
      'AD8',
      'if (!notes.isProven(session.log.state, session.device, signer.publicKey)) return',
      '',
      desks,
    ],
    [
      'word-is-buried',
      'AD8',
      'isProven ? Math.max(oldest, next - maxNotes) : oldest',
      'Math.max(oldest, next - maxNotes)',
      desks,
    ],
    ['left-once', 'AD6', 'cursor - leftAt <= maxLater', 'leftAt >= 0', desks],
  ],
  [`${sync}/outbox.ts`]: [
    ['refused-again-and-again', 'OUT1', 'if (setAside.has(nameOf(part))) continue', ''],
    [
      'too-large-is-sent',
      'OUT4',
      'if (part.bytes.length <= limits.itemSize) fitting.push(part)',
      'if (true) fitting.push(part)',
    ],
    ['suspects-are-not-tried-alone', 'OUT2', 'else setAside.suspect(names)', ''],
    ['refused-for-now-is-set-aside', 'OUT3', 'itemCodes.includes(error.code)', 'true'],
  ],
})
