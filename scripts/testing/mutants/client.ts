import { mutantsOf } from './mutant.ts'

/** How two devices and a relay are met, and what they say while they are. */
export const clientMutants = mutantsOf({
  ['client/src/network/auth.ts']: [
    [
      'no-common-epoch',
      'AU3 AU4',
      "if (this.#shared === null) throw new CliqueError('auth-no-common-epoch')",
      'this.#shared ??= new Uint8Array(32)',
    ],
    [
      'answer-without-a-key',
      'AU4 AU10',
      "if (shared === null) throw new CliqueError('auth-no-common-epoch')",
      '',
    ],
    [
      'stranger-is-let-in',
      'AU5 AU6',
      "if (known === null || !known.isIn || device === own) throw new CliqueError('auth-not-a-member')",
      "if (known === null || device === own) throw new CliqueError('auth-not-a-member')",
    ],
    ['takes-itself-for-another', 'AU8', '|| device === own) throw', ') throw'],
    [
      'on-anybodys-connection',
      'AU7',
      "if (known.peer !== otherPeer) throw new CliqueError('auth-wrong-device')",
      '',
    ],
    [
      'identity-nobody-signed',
      'AU9 AU10',
      'if (!(await verifyLabelled(idToBytes(device), labels.peerIdentity, statement, signature))) {',
      'if (false) {',
    ],
    [
      'tags-tell-how-many-epochs',
      'AU3',
      "return key === undefined ? random(tagSize) : this.#tag(key, role, 'offer')",
      "return key === undefined ? new Uint8Array(tagSize) : this.#tag(key, role, 'offer')",
    ],
    ['tags-of-any-meeting', 'AU11', 'encode([role, purpose, ...this.#meeting()])', 'encode([role, purpose])'],
    [
      'statement-of-any-meeting',
      'AU11',
      '      ...this.#meeting(),\n      idToBytes(device),',
      '      idToBytes(device),',
    ],
    ['statement-of-any-clique', 'AU9', '      idToBytes(this.#side.clique),\n', ''],
    [
      'error-does-not-end-it',
      'AU10 AU12',
      "      this.#state = 'over'\n      throw error",
      '      throw error',
    ],
    [
      'old-epochs-lock-out',
      'AU2',
      'for (const { key } of this.#side.gateKeys) {',
      'for (const { key } of this.#side.gateKeys.slice(0, 1)) {',
    ],
  ],
  ['client/src/network/auth-messages.ts']: [
    [
      'auth-of-any-version',
      'AU12',
      "if (readUint(fields[0]) !== authVersion) throw new CliqueError('version-unknown')",
      '',
    ],
  ],
  ['client/src/network/link.ts']: [
    ['silent-side-is-waited-for', 'LK3', 'channel.receive(answerMs)', 'channel.receive()'],
  ],
  ['client/src/network/node.ts']: [
    [
      'anybody-comes-in',
      'NN2',
      '!isRelay(relay.toString()) || !rules.isKnownPeer(peer.toString()),\n    denyInboundRelayReservation',
      'false,\n    denyInboundRelayReservation',
    ],
    ['relays-are-served', 'NN5', 'if (isDeviceAddress(connection.remoteAddr.toString())) {', 'if (true) {'],
  ],
  ['client/src/network/relay-session.ts']: [
    [
      'attested-for-somebody-else',
      'RC4',
      'attestation.peer === this.#options.ownPeer && attestation.generation === generation',
      'attestation.generation === generation',
    ],
    [
      'attested-for-another-generation',
      'RC4',
      'attestation.peer === this.#options.ownPeer && attestation.generation === generation',
      'attestation.peer === this.#options.ownPeer',
    ],
    [
      'answer-nobody-asked-for',
      'RC4',
      "if (asked === undefined) throw new CliqueError('relay-answer')",
      'if (asked === undefined) return',
    ],
    [
      'answer-of-another-kind',
      'RC4',
      'else if (message.kind === asked.kind) asked.resolve(message)',
      'else if (true) asked.resolve(message)',
    ],
    [
      'recovery-mailboxes-accuse',
      'RC5',
      "if (kind === 'recovery') this.#recoveryMailboxes.add(box.mailbox)",
      '',
    ],
    [
      'bad-statement-is-survived',
      'RC4 RC6',
      'if (error instanceof CliqueError) this.#finish(error)\n      throw error',
      'throw error',
    ],
  ],
  ['client/src/live/live-state.ts']: [
    ['state-of-another-room', 'LIV1', 'if (readText(fields[0], maxRoomName) !== rules.room) return null', ''],
    [
      'state-under-another-number',
      'LIV1',
      'if (state.client !== client || state.clock !== clock) return null',
      '',
    ],
    ['state-of-another-time', 'LIV1', 'Math.abs(state.at - rules.now()) > clockToleranceMs ||', ''],
    ['state-of-who-is-out', 'LIV1', '|| !rules.isIn(state.device)) return null', ') return null'],
    [
      'state-nobody-signed',
      'LIV1',
      '(await verifyLabelled(idToBytes(state.device), labels.liveState, signed, proof)) ? state : null',
      'state',
    ],
  ],
  ['client/src/live/heard.ts']: [
    [
      'messages-of-the-document',
      'LIV2',
      'if (decoding.readVarUint(decoder) !== awarenessMessage) return []',
      'decoding.readVarUint(decoder)',
    ],
    ['states-without-bound', 'LIV3', 'if (count > maxStates) return []', ''],
    ['messages-without-bound', 'LIV3', 'if (message.length > maxMessage) return []', ''],
    [
      'large-states',
      'LIV3',
      "typeof signed === 'string' && signed.length <= maxStateSize",
      "typeof signed === 'string'",
    ],
  ],
  ['client/src/live/signal-message.ts']: [
    ['candidates-by-name', 'LIV5', '|| !isReachable(candidate)) return null', ') return null'],
    [
      'offers-by-name',
      'LIV5',
      "typeof sdp === 'string' && sdp.split(/\\r?\\n/).every(isReachable)",
      "typeof sdp === 'string'",
    ],
    ['long-candidates', 'LIV5', 'candidate.length > maxCandidate ||', ''],
  ],
})
