import { defineConfig, type OxlintOverride } from 'oxlint'
import { clientPackageOwners, clientRanks, foreignToCrypto, layersAbove } from './scripts/ranks/table.ts'

/**
 * What an editor can say at once. The bans are made from the same table as `scripts/ranks.ts`, which sees more
 * (type imports by expression, addresses, markup) and has the last word.
 */
function ban(regex: string, message: string) {
  return { regex, message }
}

function layerBans(layer: string) {
  const above = layersAbove(layer)
  const owned = clientPackageOwners
    .filter(({ folder }) => folder !== `client/src/${layer}`)
    .map(({ packages, name, folder }) => ban(packages.source, `${name} belongs to ${folder} alone.`))
  if (above.length === 0) return owned
  return [
    ban(`^(\\.\\./)+(${above.join('|')})/`, `Imports go one way: ${layer} may not know these layers.`),
    ...owned,
  ]
}

function restrict(
  files: string[],
  patterns: { regex: string; message: string }[],
  excludeFiles: string[] = [],
): OxlintOverride {
  return { files, excludeFiles, rules: { 'no-restricted-imports': ['error', { patterns }] } }
}

const tests = ['**/*.test.ts', '**/*.contract.ts', '**/*.bench.ts', '**/testing/**']

export default defineConfig({
  plugins: ['import', 'typescript', 'unicorn', 'oxc', 'promise'],
  categories: { correctness: 'error' },
  ignorePatterns: ['**/dist/**', '**/node_modules/**', 'client/public/**'],
  rules: {
    'import/no-cycle': 'error',
    'import/no-self-import': 'off',
    'typescript/no-explicit-any': 'error',
    'typescript/ban-ts-comment': 'error',
    'typescript/consistent-type-imports': ['error', { fixStyle: 'separate-type-imports' }],
    'no-empty': 'error',
    'no-var': 'error',
    'no-unused-vars': [
      'error',
      { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
    ],
    // Text from strangers is searched for control characters on purpose.
    'no-control-regex': 'off',
    // A copy of a set that grows while one walks it is no waste.
    'unicorn/no-useless-spread': 'off',
    'prefer-const': 'error',
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    // Svelte's own `let { x } = $props()` and elements bound by the compiler look unused or constant to it.
    'no-unassigned-vars': 'off',
  },
  overrides: [
    restrict(['crypto/**'], [ban(foreignToCrypto.source, 'The security layer knows bytes alone.')]),
    restrict(
      ['relay/**'],
      [ban('^@clique/crypto$|(^|/)crypto/src/', 'The relay may import @clique/crypto/verify only.')],
      tests,
    ),
    ...clientRanks.flat().map((layer) => restrict([`client/src/${layer}/**`], layerBans(layer))),
    // Playwright reads which fixtures one asks for from the pattern, an empty one included.
    { files: ['e2e/**'], rules: { 'no-empty-pattern': 'off' } },
    { files: ['**/*.svelte'], rules: { 'prefer-const': 'off' } },
  ],
})
