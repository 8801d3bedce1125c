import { mutantsOf } from './mutant.ts'

const folder = 'crypto/src'

/** Bytes and their names, hashes, derived keys, wraps, media, trees of hashes, and what is kept of them. */
export const primitiveMutants = mutantsOf({
  [`${folder}/bytes.ts`]: [
    [
      'hex-in-any-case',
      'ENC6',
      "  throw new CliqueError('hex-invalid')\n}",
      '  if (code >= 0x41 && code <= 0x46) return code - 0x37\n  throw new CliqueError("hex-invalid")\n}',
    ],
    ['half-a-byte', 'ENC6', "if (text.length % 2 !== 0) throw new CliqueError('hex-invalid')", ''],
    [
      'stray-bits',
      'ENC6',
      "if ((pending & ((1 << bits) - 1)) !== 0) throw new CliqueError('base64url-invalid')",
      '',
    ],
    [
      'foreign-letters',
      'ENC6',
      "if (value === undefined) throw new CliqueError('base64url-invalid')",
      'if (value === undefined) continue',
    ],
    ['a-letter-too-many', 'ENC6', "if (tail === 1) throw new CliqueError('base64url-invalid')", ''],
    ['lone-surrogates', 'ENC4', "if (!text.isWellFormed()) throw new CliqueError('utf8-invalid')", ''],
  ],
  [`${folder}/platform.ts`]: [
    ['text-of-any-bytes', 'ENC4', '{ fatal: true, ignoreBOM: true })', '{ ignoreBOM: true } as never)'],
    ['byte-order-marks-are-lost', 'ENC4', '{ fatal: true, ignoreBOM: true })', '{ fatal: true } as never)'],
  ],
  [`${folder}/ids.ts`]: [
    [
      'ids-of-any-length',
      'ENC7',
      "if (bytes.length !== idSizes[kind]) throw new CliqueError('id-length')",
      '',
    ],
    ['id-texts-of-any-length', 'ENC7', '&& text.length === 2 * idSizes[kind] &&', '&&'],
    ['id-texts-in-any-case', 'ENC7', '/^[0-9a-f]*$/.test(text)', '/^[0-9a-f]*$/i.test(text)'],
  ],
  [`${folder}/hash.ts`]: [
    ['parts-run-together', 'LAB2', 'hash.update(length).update(part)', 'hash.update(part)'],
    [
      'hashes-without-a-label',
      'LAB2',
      'fresh._cloneInto(used).update(labelToBytes(label))',
      'fresh._cloneInto(used).update(labelToBytes(label).subarray(0, 0))',
    ],
  ],
  [`${folder}/hkdf.ts`]: [
    ['one-key-for-all-labels', 'KDF1 KEY1', 'concat(labelToBytes(label), info)', 'concat(info)'],
    ['one-key-for-all-infos', 'KDF1 KEY1', 'concat(labelToBytes(label), info)', 'labelToBytes(label)'],
  ],
  [`${folder}/mac.ts`]: [['macs-without-a-label', 'MAC1', 'concat(labelToBytes(label), bytes)', 'bytes']],
  [`${folder}/hpke.ts`]: [
    [
      'wraps-for-any-info',
      'KEM2',
      'toOwned(concat(labelToBytes(labels.wrap), info))',
      'toOwned(labelToBytes(labels.wrap))',
    ],
    [
      'kem-keys-of-any-length',
      'KEM4',
      "if (publicKey.length !== kemPublicKeySize) throw new CliqueError('key-invalid')",
      '',
    ],
  ],
  [`${folder}/epochs/kem-key.ts`]: [
    [
      'coefficients-out-of-range',
      'OPS6',
      'if ((a | ((b & 15) << 8)) >= mlKemModulus || ((b >> 4) | (c << 4)) >= mlKemModulus) return false',
      '',
    ],
    [
      'points-of-small-order',
      'OPS6',
      'return !smallOrder.has((u & (2n ** 255n - 1n)) % fieldPrime)',
      'return true',
    ],
    ['points-in-other-forms', 'OPS6', '(u & (2n ** 255n - 1n)) % fieldPrime', 'u'],
  ],
  [`${folder}/key-schedule.ts`]: [
    [
      'one-record-key-for-all-spaces',
      'KEY1',
      'deriveKey(contentRoot, labels.recordKey, info, keySize)',
      'deriveKey(contentRoot, labels.recordKey, nothing, keySize)',
    ],
    [
      'one-mailbox-for-all-spaces',
      'KEY1',
      'deriveKey(contentRoot, labels.mailboxSeed, info, keySize)',
      'deriveKey(contentRoot, labels.mailboxSeed, nothing, keySize)',
    ],
    [
      'one-room-for-all-spaces',
      'KEY1',
      'toBase64url(deriveKey(contentRoot, labels.liveRoom, info, 16))',
      'toBase64url(deriveKey(contentRoot, labels.liveRoom, nothing, 16))',
    ],
    [
      'key-ids-without-the-space',
      'KEY3',
      'sha256(labels.recordKeyId, idToBytes(epoch), idToBytes(space)).slice',
      'sha256(labels.recordKeyId, idToBytes(epoch)).slice',
    ],
    ['epochs-without-the-space', 'KEY2', 'space === null ? [] : [idToBytes(space)]', '[]'],
    [
      'epochs-without-content',
      'KEY2',
      'labels.epochCommitment, control, content, signingKey,',
      'labels.epochCommitment, control, signingKey,',
    ],
    [
      'secrets-of-any-length',
      'KEY1',
      "if (secret.length !== epochSecretSize) throw new CliqueError('key-invalid')",
      '',
    ],
    [
      'any-control-key-of-an-epoch',
      'KEY2',
      'return equal(commitToControlKey(controlKey), commitments.control)',
      'return true',
    ],
    [
      'any-content-root-of-an-epoch',
      'KEY2',
      'return equal(commitToContentRoot(contentRoot), commitments.content)',
      'return true',
    ],
  ],
  [`${folder}/epochs/keyring.ts`]: [
    [
      'keyring-of-any-version',
      'EPO10',
      "if (readUint(version) !== keyringVersion) throw new CliqueError('keyring-format')",
      '',
    ],
    ['read-keyring-replaces-the-held', 'EPO10', 'new KeyringDraft(held)', 'new KeyringDraft(emptyKeyring)'],
    ['held-secrets-are-derived-again', 'EPO10', 'if (held?.secret != null) return', ''],
    [
      'held-control-keys-are-new',
      'EPO10',
      'control !== null && held?.controlKey == null',
      'control !== null',
    ],
    [
      'held-content-roots-are-new',
      'EPO10',
      'content !== null && held?.contentRoot == null',
      'content !== null',
    ],
    ['held-archive-keys-are-new', 'EPO10', 'if (draft.archive(archive) === undefined) draft', 'draft'],
    [
      'kept-secret-of-another-epoch',
      'EPO10',
      "if (!draft.addSecret(epoch, known, terms, space, signingKey)) throw new CliqueError('keyring-format')",
      'draft.addSecret(epoch, known, terms, space, signingKey)',
    ],
    [
      'control-keys-of-spaces-open-items',
      'EPO13',
      'if (space === null) this.#controlKeys.set(keys.controlKeyId, controlKey)',
      'this.#controlKeys.set(keys.controlKeyId, controlKey)',
    ],
  ],
  [`${folder}/epochs/links.ts`]: [
    [
      'any-key-of-an-epoch-before',
      'EPO13',
      ' || !isOfEpoch(link, controlKey, space)) continue',
      ') continue',
    ],
    ['links-of-spaces-in-the-clear', 'EPO13', 'head.space === null ? controlKey :', 'true ? controlKey :'],
  ],
  [`${folder}/epochs/end-notice.ts`]: [
    [
      'notices-for-who-is-in',
      'ITM6',
      'filter(({ id }) => isIn(past, id) && !isIn(after, id))',
      'filter(({ id }) => isIn(past, id))',
    ],
    [
      'word-by-its-length',
      'ITM6 ITM7',
      'pad(encode([signed, await signLabelled(signer, labels.endStatement, signed)]))',
      'encode([signed, await signLabelled(signer, labels.endStatement, signed)])',
    ],
    [
      'word-of-any-version',
      'ITM7',
      "if (readUint(version) !== noticeVersion) throw new CliqueError('version-unknown')",
      '',
    ],
  ],
  [`${folder}/recovery-list.ts`]: [
    [
      'list-of-any-version',
      'RCL2',
      "if (readUint(first) !== version) throw new CliqueError('version-unknown')",
      '',
    ],
    [
      'one-recovery-mailbox-for-all',
      'RCL3',
      'labels.recoveryMailboxAt, utf8ToBytes(relayPeer)',
      'labels.recoveryMailboxAt, utf8ToBytes(relayPeer).subarray(0, 0)',
    ],
  ],
  [`${folder}/media.ts`]: [
    ['chunks-in-any-place', 'MED3', 'new DataView(nonce.buffer).setUint32(7, index)', ''],
    ['file-cut-short', 'MED3', 'nonce[11] = isLast ? 1 : 0', 'nonce[11] = 0'],
    ['any-padding-of-a-file', 'MED2', 'sealedLastSize(end) === padded.length + gcmTagSize', 'true'],
    ['chunks-of-any-size', 'MED3', "if (!hasSize) throw new CliqueError('media-size')", ''],
  ],
  [`${folder}/chunk.ts`]: [
    ['another-chunk', 'MED4', "if (chunkName(sealed) !== name) throw new CliqueError('media-name')", ''],
    [
      'another-chunk-by-the-platform',
      'MED4',
      "if (bytesToId('chunk', hash) !== name) throw new CliqueError('media-name')",
      '',
    ],
  ],
  [`${folder}/signature.ts`]: [
    ['s-above-the-order', 'SIG3', 'if (s >= order) return false', ''],
    ['any-r', 'SIG2 SIG3', 'return equal(expected.toBytes(), r)', 'return true'],
    [
      'keys-of-small-order',
      'SIG2',
      '!point.isSmallOrder() && point.isTorsionFree()',
      'point.isTorsionFree() || true',
    ],
    ['keys-of-mixed-order', 'SIG2', '&& point.isTorsionFree()', ''],
    [
      'any-label-is-signed',
      'SIG4',
      'return signer.sign(concat(labelToBytes(label), bytes))',
      'return signer.sign(bytes)',
    ],
    [
      'trusting-an-engine-that-errs',
      'SIG2 SIG5',
      '!(await platformVerify(publicKey, message, twisted))',
      'true',
      'crypto/src/signature.test.ts crypto/src/signature-fallback.test.ts',
    ],
  ],
  [`${folder}/cbor.ts`]: [
    [
      'items-without-bound',
      'ENC3',
      "if (++this.#items > this.#limits.items) throw new CliqueError('cbor-too-many-items')",
      '',
    ],
    [
      'depth-without-bound',
      'ENC3',
      "if (this.#open.length > this.#limits.depth) throw new CliqueError('cbor-too-deep')",
      '',
    ],
    [
      'size-without-bound',
      'ENC3',
      "if (bytes.length > limits.size) throw new CliqueError('cbor-too-large')",
      '',
    ],
    [
      'keys-in-any-order',
      'ENC2',
      'if (frame.lastKey !== null && compareBytes(frame.lastKey, encoding) >= 0) {',
      'if (false) {',
    ],
    ['numbers-in-any-form', 'ENC2', 'strict: true,', 'strict: false,'],
    [
      'arrays-of-any-length',
      'ENC5',
      "if (length !== undefined && value.length !== length) throw new CliqueError('shape-wrong')",
      '',
    ],
    [
      'bytes-of-any-length',
      'ENC5',
      "if (bytes.length !== length) throw new CliqueError('shape-out-of-range')",
      '',
    ],
  ],
  [`${folder}/merkle.ts`]: [
    [
      'any-consistency',
      'MRK3',
      'return sn === 0 && equal(oldNode, oldRoot) && equal(node, root)',
      'return sn === 0 && equal(node, root)',
    ],
    ['same-size-any-root', 'MRK3 MRK4', 'return proof.length === 0 && equal(oldRoot, root)', 'return true'],
  ],
  [`${folder}/checkpoint.ts`]: [
    [
      'checkpoint-of-another-log',
      'CKP2',
      "if (checkpoint.origin !== origin) throw new CliqueError('checkpoint-invalid')",
      '',
    ],
    [
      'checkpoint-nobody-signed',
      'CKP2',
      'if (await verifySignature(publicKey, utf8ToBytes(text), line.signature)) return checkpoint',
      'return checkpoint',
    ],
    ['witnesses-count', 'CKP3', 'if (line.name !== origin || !equal(line.keyId, keyId)) continue', ''],
    ['checkpoint-with-further-lines', 'CKP2', "rest !== '' || more.length > 0 ||", ''],
    ['checkpoint-of-any-size', 'CKP2', '!/^(0|[1-9][0-9]{0,15})$/.test(size) || ', ''],
    [
      'checkpoint-with-a-short-root',
      'CKP2',
      "if (hash.length !== 32) throw new CliqueError('checkpoint-invalid')",
      '',
    ],
  ],
  [`${folder}/vault.ts`]: [
    ['vault-without-places', 'VLT1', 'utf8ToBytes(context))', 'utf8ToBytes(""))'],
    [
      'vault-of-any-version',
      'VLT2',
      "if (sealed[0] !== version) throw new CliqueError('version-unknown')",
      '',
    ],
  ],
  [`${folder}/recovery.ts`]: [
    [
      'root-of-somebody-else',
      'RCV4',
      'if (!equal(signerFromSeed(rootSeed).publicKey, idToBytes(member))) throw',
      'if (false) throw',
    ],
    [
      'one-recovery-key-for-all',
      'RCV3',
      'deriveKey(seed, labels.recoveryKem, salt, kemSeedSize)',
      'deriveKey(seed, labels.recoveryKem, nothing, kemSeedSize)',
    ],
    [
      'list-without-padding',
      'RCV5',
      'labelToBytes(labels.recoveryList), pad(list))',
      'labelToBytes(labels.recoveryList), list)',
    ],
  ],
})
