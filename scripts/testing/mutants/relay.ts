import { mutantsOf } from './mutant.ts'

const session = 'relay/src/session'
const ends = 'relay/src/network/relay-node.test.ts'

/** What a relay asks for, and what its signatures are checked for. */
export const relayMutants = mutantsOf({
  [`${session}/session.ts`]: [
    [
      'an-end-is-taken-back',
      'TN3',
      'Math.max(event.generation, retired.get(event.tenant) ?? 0)',
      'event.generation',
    ],
    [
      'request-number-in-use',
      'SE2',
      "if (request === 0 || this.#requests.has(request)) return this.#end('relay-message')",
      '',
    ],
    [
      'before-hello',
      'SE1',
      "if (this.#state.challenge === null && message.kind !== 'hello') return this.#end('relay-hello-first')",
      '',
    ],
    [
      'hello-of-any-version',
      'SE1',
      "if (message.kind === 'hello' && message.version !== relayVersion) return this.#end('relay-version')",
      '',
    ],
    ['retired-goes-on', 'TN3', "return this.#end('relay-capability-retired')", 'return'],
    ['newer-generations-end-too', 'TN3', '|| attested.generation > event.generation) return', ') return'],
    [
      'attested-for-ever',
      'TN2',
      "if (attested !== null && attested.expires <= this.#now) this.#end('relay-nonce-stale')",
      '',
    ],
    [
      'grew-without-asking',
      'MB7 MB8',
      'this.#state.watched.get(event.place)',
      'this.#state.watched.get(event.place) ?? (event.place as MailboxId)',
    ],
  ],
  [`${session}/facts.ts`]: [
    [
      'attestation-that-has-run-out',
      'TN2 MB3 CK1',
      'state.attested !== null && state.attested.expires > now() ? state.attested : null',
      'state.attested',
    ],
    [
      'attestation-not-needed',
      'TN5 CK1',
      "if (attested === null) throw new CliqueError('relay-not-attested')",
      '',
    ],
    [
      'kept-for-ever',
      'MB6 CK3',
      'Math.min(now() + longest, Math.max(asked, now() + limits.keepAtLeast))',
      'Math.max(asked, now() + limits.keepAtLeast)',
    ],
    ['kept-for-a-moment', 'MB6 CK3', 'Math.max(asked, now() + limits.keepAtLeast)', 'asked'],
    [
      'nonce-never-ages',
      'SE3',
      "if (now() - challenge.time > limits.nonceLife) throw new CliqueError('relay-nonce-stale')",
      '',
    ],
  ],
  [`${session}/signed.ts`]: [
    [
      'nothing-is-verified',
      'B5 TN1 TN2 MB1',
      "if (!(yield* ask({ kind: 'verify', checks }))) throw new CliqueError('signature-invalid')",
      '',
    ],
    [
      'signatures-at-any-pace',
      'Q5',
      "if (!handling.spend(pace, checks.length, isAttested)) throw new CliqueError('relay-too-fast')",
      '',
    ],
    [
      'strangers-have-the-pace-of-members',
      'Q5',
      "const pace = isAttested ? 'memberChecks' : 'strangerChecks'",
      "const pace = 'memberChecks'",
    ],
  ],
  [`${session}/mailbox-requests.ts`]: [
    [
      'any-number-of-mailboxes',
      'MB8',
      'if (before === undefined && state.opened.size >= limits.mailboxesPerSession) {',
      'if (false) {',
    ],
    [
      'opened-as-another-kind',
      'MB3 MB4 MB9',
      "if (mailbox.kind !== role || isOther) throw new CliqueError('relay-mailbox-kind')",
      '',
    ],
    [
      'content-for-its-key-alone',
      'MB3',
      'contentPlace(requireAnyAttestation(handling).tenant, id)',
      "contentPlace(attestedNow(handling)?.tenant ?? ('' as TenantId), id)",
    ],
    [
      'content-after-the-attestation',
      'MB3',
      'if (rules[opened.kind].attestedOnly) requireAnyAttestation(handling)',
      '',
    ],
    ['control-mailboxes-are-made', 'MB2', "kind === 'control' || attested === null", 'attested === null'],
    ['empty-items', 'MB5', "if (item.length === 0) throw new CliqueError('relay-item-size')", ''],
    [
      'unpadded-content',
      'MB5',
      "if (opened.kind === 'content' && !isSealedRecordSize(item.length)) throw new CliqueError('relay-unpadded')",
      '',
    ],
    ['no-items', 'MB5', "if (size === 0) throw new CliqueError('relay-item-size')", ''],
    [
      'strangers-crowd-out',
      'Q1',
      "opened.kind === 'control' && !isAttested ? rules.unattested : rules[opened.kind]",
      'rules[opened.kind]',
    ],
    [
      'bytes-at-any-pace',
      'Q3',
      "if (!handling.spend('bytes', size, isAttested)) throw new CliqueError('relay-too-fast')",
      '',
    ],
    [
      'mailboxes-at-any-pace',
      'Q4',
      "if (!handling.spend('mailboxes', 1, isAttested)) throw new CliqueError('relay-too-fast')",
      '',
    ],
    [
      'strangers-make-mailboxes',
      'MB4 MB2',
      '!isAttested || maxMailboxes === 0) throw error',
      'maxMailboxes === 0) throw error',
    ],
    [
      'not-open',
      'MB1',
      "if (opened === undefined) throw new CliqueError('relay-mailbox-not-open')",
      "if (opened === undefined) return { kind: 'control', tenant: 'x' as Opened['tenant'] }",
    ],
    ['two-kinds-at-once', 'MB9', '|| isOther) throw', ') throw'],
    ['closing-leaves-it-open', 'MB8', 'opened.delete(mailbox)', ''],
  ],
  [`${session}/tenant-requests.ts`]: [
    [
      'capability-of-another-generation',
      'TN2 TN3',
      "if (found.generation !== generation) throw new CliqueError('relay-generation')",
      '',
    ],
    [
      'retired-capability',
      'TN3',
      "if (generation <= found.tenant.retired) throw new CliqueError('relay-capability-retired')",
      '',
    ],
    [
      'retired-meanwhile',
      'TN3',
      "if (generation <= (state.retired.get(tenant) ?? 0)) throw new CliqueError('relay-capability-retired')",
      '',
    ],
    [
      'two-tenants-in-a-session',
      'TN2',
      "if (attested !== null && attested.tenant !== tenant) throw new CliqueError('relay-other-tenant')",
      '',
    ],
    [
      'token-does-not-matter',
      'TN1',
      "if (refusal !== null) throw new CliqueError(refusal)\n  return { kind: 'registered'",
      "return { kind: 'registered'",
    ],
    [
      'keys-are-named-without-their-word',
      'TN8',
      '{ key: admin, input, signature }, ...consents)',
      '{ key: admin, input, signature })',
    ],
    [
      'admin-key-of-another-tenant',
      'TN7',
      "if (tenant === null || isOthers) throw new CliqueError('relay-not-admin')",
      "if (tenant === null) throw new CliqueError('relay-not-admin')",
    ],
    [
      'anybody-lets-others-in',
      'TN4',
      "if (tenant?.owner !== true) throw new CliqueError('relay-not-owner')",
      '',
    ],
    [
      'any-number-of-allowed',
      'TN4',
      "if (allowed === null) throw new CliqueError('relay-too-many')",
      "if (allowed === null) return { kind: 'allowed', request, token: new Uint8Array(16), expires: 0 }",
    ],
  ],
  [`${session}/chunk-requests.ts`]: [
    [
      'chunks-at-any-pace',
      'CK4',
      "if (!handling.spend('chunkBytes', bytes.length, true)) throw new CliqueError('relay-too-fast')",
      '',
    ],
  ],
  [`${session}/answering.ts`]: [
    ['chunks-under-other-names', 'CK2 B4', 'await checkChunk(chunk.bytes, chunk.id)', ''],
    ['one-signature-of-two', 'TN1 B5', 'return verdicts.every(Boolean)', 'return verdicts.some(Boolean)'],
    ['retiring-tells-nobody', 'TN3', 'telling.retired(tenant, generation)', 'void 0'],
    ['retiring-tells-again', 'TN3', '&& generation > (before?.retired ?? 0)', ''],
  ],
  [`${session}/allowance.ts`]: [
    [
      'new-peers-have-it-all',
      'Q3',
      '  if (knownFor < limits.newPeerFor) {\n    return { burst: limits.newPeerBurst',
      '  if (false) {\n    return { burst: limits.newPeerBurst',
    ],
    [
      'strangers-have-it-all',
      'Q3',
      'if (!attested) return { burst: limits.strangerBurst, perSecond: limits.strangerBytesPerSecond }',
      '',
    ],
    ['allowance-is-never-spent', 'Q3 Q4 Q5', 'account.left -= amount', ''],
  ],
  [`${session}/stream-session.ts`]: [
    ['requests-without-end', 'B3', 'inFlight < limits.requestsInFlight &&', ''],
  ],
  ['relay/src/tickets.ts']: [
    [
      'ticket-counts-twice',
      'SG2 TN5',
      '    this.#tickets.delete(ticket)\n    return granted',
      '    return granted',
    ],
    [
      'ticket-never-ends',
      'SG2 TN5',
      'granted !== undefined && granted.expires > now ? granted.tenant : null',
      'granted !== undefined ? granted.tenant : null',
    ],
    ['tickets-without-bound', 'TN5', 'if (unused >= limits.ticketsPerTenant) return null', ''],
  ],
  ['relay/src/signal/signal-server.ts']: [
    [
      'signaling-without-a-ticket',
      'SG2',
      "if (tenant === null) return refuse(socket, '403 Forbidden', 'relay-ticket-unknown\\n')",
      '',
    ],
    ['rooms-across-tenants', 'SG1', 'return `${page.tenant}/${name}`', 'return name'],
    ['rooms-without-bound', 'SG4', 'if (page.topics.size >= serverLimits.signalTopics)', 'if (false)'],
    [
      'signals-without-bound',
      'SG4',
      "if (!this.#spend(page)) return page.socket.close(tooMuch, 'relay-too-fast')",
      '',
    ],
    [
      'signals-from-outside-a-room',
      'SG3',
      "if (!page.topics.has(room)) return page.socket.close(protocolError, 'relay-message')",
      '',
    ],
    [
      'signals-of-any-kind',
      'SG3',
      "if (message === null) return page.socket.close(protocolError, 'relay-message')",
      'if (message === null) return',
    ],
  ],
  ['relay/src/storage/storage.ts']: [
    ['content-across-tenants', 'MB3 ST7', '`${tenant}${mailbox}`', '`${mailbox}`'],
  ],
  ['relay/protocol/sign-inputs.ts']: [
    [
      'proof-that-names-no-tenant',
      'TN9 RC1',
      '[sessionPart(session), idToBytes(control), key, generation]',
      '[sessionPart(session), key, generation]',
    ],
    [
      'consent-to-any-tenant',
      'TN8',
      'labels.relayConsent, [relay, tenant, key]',
      'labels.relayConsent, [relay, key]',
    ],
    [
      'consent-at-any-relay',
      'TN8',
      'labels.relayConsent, [relay, tenant, key]',
      'labels.relayConsent, [tenant, key]',
    ],
  ],
  ['relay/protocol/statements.ts']: [
    [
      'statements-nobody-signed',
      'S1 S2',
      "if (!(await verifyLabelled(relay, label, body, signature))) throw new CliqueError('relay-signature')",
      '',
    ],
    [
      'statements-of-another-relay',
      'S1',
      "if (!equal(statement.relay, relay)) throw new CliqueError('relay-signature')",
      '',
    ],
    [
      'range-of-something-else',
      'S4',
      'if (!isAnswer || !isInOrder || !moves ||',
      'if (!isInOrder || !moves ||',
    ],
    ['range-out-of-order', 'S4', '!isAnswer || !isInOrder || !moves ||', '!isAnswer || !moves ||'],
    ['range-that-does-not-move', 'S4', '!isAnswer || !isInOrder || !moves ||', '!isAnswer || !isInOrder ||'],
    ['range-of-other-items', 'S4', '|| !equal(range.items, hashOfItems(items))) {', ') {'],
  ],
  ['relay/protocol/receipt.ts']: [
    ['receipt-for-something-else', 'S6', "if (!isForThese) throw new CliqueError('relay-answer')", ''],
    [
      'receipt-outside-the-log',
      'S6',
      'if (!verifyInclusion(parts.index, size, leafHash(parts.leaf), parts.proof, root)) {',
      'if (false) {',
    ],
  ],
  [`${session}/hub.ts`]: [
    ['nobody-comes-back', 'R11', 'return has || now -', 'return has || 1e9 + now -'],
    ['whoever-left-was-attested', 'R11', 'if (attested !== null && attested.expires > now) ', ''],
  ],
  ['relay/src/network/relay-node.ts']: [
    [
      'places-end-without-their-connection',
      'R11',
      'if (peers.has(connection.remotePeer.toString())) cutOff(connection, new Error(why))',
      '',
      ends,
    ],
    [
      'circuits-outlive-an-attestation',
      'R11',
      '...connections.filter(isInCircuit).map((one) => one.remotePeer)',
      '',
      ends,
    ],
    ['new-connections-end-too', 'R11', 'isNew || ', '', ends],
    ['any-tenant-will-do', 'R11', '|| !rules.isHere(peer, tenant)', '|| !rules.isHere(peer)', ends],
    ['two-tenants-at-once', 'R11', '(claims.get(peer) ?? tenant) !== tenant', 'false', ends],
    ['between-sessions-nothing-ends', 'TN3', 'new Set([...peers, ...others])', 'peers', ends],
  ],
  ['relay/protocol/cut-off.ts']: [
    [
      'an-end-fails-at-a-farewell',
      'R12',
      '  } catch {\n    connection.abort(reason)\n  }',
      '  } finally {\n  }',
      'relay/src/network/websocket-door.test.ts',
    ],
  ],
})
