import { mutantsOf } from './mutant.ts'

const folder = 'crypto/src/roster'

/** How operations are written, signed and taken in. */
export const rosterItemMutants = mutantsOf({
  [`${folder}/receive.ts`]: [
    ['no-signature', 'OPS4', '      await verifyOperation(operation)\n      const part', '      const part'],
    [
      'no-signature-of-a-copy',
      'OPS4',
      '    await verifyOperation(operation)\n    this.#copies',
      '    this.#copies',
    ],
    ['made-up-keys-stay', 'ITM5', 'withoutEpochs(keyring, stray)', 'keyring'],
    ['made-up-links', 'KEY2 ITM5 EPO1', '!isOfEpoch(link, controlKey, null) || ', ''],
    [
      'waits-without-bound',
      'ITM3',
      'while (waiting.length > maxWaitingItems || size > maxWaitingBytes)',
      'while (size > maxWaitingBytes)',
    ],
    [
      'waits-without-bytes',
      'ITM3',
      'while (waiting.length > maxWaitingItems || size > maxWaitingBytes)',
      'while (waiting.length > maxWaitingItems)',
    ],
    [
      'wraps-for-others',
      'EPO3',
      'if (handout.wraps !== null && !areWrapsFor(handout.epoch, handout.wraps, recipients)) {',
      'if (false) {',
    ],
    [
      'missing-wraps-are-fine',
      'EPO2',
      'if (recipients.some(({ keyHash }) => own.has(toHex(keyHash)))) this.#bad.add(handout.epoch)',
      '',
    ],
    ['clear-text-is-another-epoch', 'ITM2', 'handout.epoch !== signed.epoch ||', ''],
    ['clear-text-has-another-root', 'ITM2', '||\n    !equal(handout.wrapsRoot, signed.wrapsRoot)', ''],
    ['clear-text-has-other-terms', 'ITM2', '!equal(handout.terms, signed.terms) ||', ''],
    [
      'handout-without-rotation',
      'ITM2',
      "if ((signed === null) !== (handout === null)) throw new CliqueError('item-format')",
      'if (signed === null) return { ...item, handout: null }',
    ],
    [
      'rotation-under-another-key',
      'ITM1 ITM2',
      'if (part?.space === null && item.keyId !== deriveControlKeyId(part.epoch))',
      'if (false)',
    ],
    ['changed-wraps', 'ITM2 EPO2', 'equal(rootOfWraps(handout.wraps), handout.wrapsRoot)', 'true'],
  ],
  [`${folder}/sign-operation.ts`]: [
    [
      'additional-signatures',
      'OPS4',
      "if (keys.length !== operation.signatures.length) throw new CliqueError('operation-signature')",
      '',
    ],
    [
      'wrong-signatures',
      'OPS4',
      "if (verdicts.includes(false)) throw new CliqueError('operation-signature')",
      '',
    ],
    ['one-signature-is-enough', 'OPS4', 'verdicts.includes(false)', '!verdicts.includes(true)'],
    [
      'an-epoch-signs-nothing',
      'EPO15',
      'rotation === null ? people : [...people, rotation.commitments.signingKey]',
      'rotation === null ? people : people',
    ],
  ],
  [`${folder}/operation-codec.ts`]: [
    [
      'any-version',
      'OPS2',
      "if (readUint(items[0]) !== operationVersion) throw new CliqueError('version-unknown')",
      '',
    ],
    ['any-type-by-a-root', 'OPS1', '!authorsOf(body.type).includes(author.kind) ||', ''],
    ['genesis-with-parents', 'VEC2 OPS1', 'first !== (parents.length === 0) ||', ''],
    ['genesis-of-a-clique', 'VEC2 OPS1', 'first !== (header.clique === null) ||', ''],
    ['root-with-a-sequence', 'VEC2 OPS1', 'numbered !== (sequence !== null) ||', ''],
    [
      'founder-is-somebody-else',
      'VEC2 OPS1',
      '(first && (sequence !== 1 || author.id !== (body.founder.device as string)))',
      'false',
    ],
    [
      'first-with-a-previous',
      'VEC2 OPS1',
      '(sequence === 1) !== (previous === null) || sequence === 0',
      'sequence === 0',
    ],
  ],
  [`${folder}/body-readers.ts`]: [
    ['names-that-show-nothing', 'OPS8 OPS2', 'min === 1 && isBlank(name)', 'name.length < min'],
    ['unusable-kem-keys', 'OPS6', "if (!isUsableKemKey(key)) throw new CliqueError('key-invalid')", ''],
    [
      'unusable-signing-keys',
      'VEC2 OPS2',
      "if (!isUsablePublicKey(key)) throw new CliqueError('key-invalid')",
      '',
    ],
    ['any-peer', 'VEC2 OPS2', "if (!peerPattern.test(peer)) throw new CliqueError('operation-format')", ''],
    [
      'any-name',
      'VEC2 OPS2',
      "if (length > maxNameLength || (min === 1 && isBlank(name))) throw new CliqueError('shape-out-of-range')",
      '',
    ],
  ],
  [`${folder}/body-codec.ts`]: [
    [
      'any-relay-address',
      'VEC2 OPS2',
      "if (!originPattern.test(url)) throw new CliqueError('operation-format')",
      '',
    ],
    [
      'one-relay-twice',
      'VEC2 OPS2',
      'if (new Set(relays.map((relay) => relay.peer)).size !== relays.length) {',
      'if (false) {',
    ],
  ],
  [`${folder}/change-codec.ts`]: [
    [
      'last-of-nothing',
      'OPS7',
      "if ((last.sequence === 0) !== (last.operation === null)) throw new CliqueError('operation-format')",
      '',
    ],
  ],
  [`${folder}/complaints.ts`]: [
    [
      'one-answer-is-enough',
      'EPO2',
      'answerersOf(state, one).size >= answersOwed',
      'answerersOf(state, one).size >= 1',
    ],
  ],
})
