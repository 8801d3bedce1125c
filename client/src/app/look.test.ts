import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const css = readFileSync(join(import.meta.dirname, 'look.css'), 'utf8')

type Look = 'light' | 'dark'
type Colour = readonly [lightness: number, chroma: number, hue: number]

const looks: readonly Look[] = ['light', 'dark']
const accents = ['brick', 'amber', 'moss', 'teal', 'sky', 'iris', 'plum', 'rose']
const tints = Array.from({ length: 12 }, (_, index) => String(index))

/** All `light-dark(oklch(...), oklch(...))` tokens of the rule that a selector names. */
function readTokens(selector: string): Map<string, Record<Look, Colour>> {
  const rule = new RegExp(`${selector.replace(/[[\]]/g, '\\$&')}[^{}]*\\{([^}]*)\\}`).exec(css)?.[1] ?? ''
  const tokens = new Map<string, Record<Look, Colour>>()
  const colour = 'oklch\\(([\\d.]+) ([\\d.]+) ([\\d.]+)\\)'
  for (const [, name, ...numbers] of rule.matchAll(
    new RegExp(`(--[\\w-]+): light-dark\\(${colour}, ${colour}\\)`, 'g'),
  )) {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = numbers.map(Number)
    tokens.set(name ?? '', { light: [a, b, c], dark: [d, e, f] })
  }
  return tokens
}

/** Linear sRGB by the matrices of CSS Color 4, section 10. */
function toLinear([lightness, chroma, hue]: Colour): [number, number, number] {
  const angle = (hue * Math.PI) / 180
  const a = chroma * Math.cos(angle)
  const b = chroma * Math.sin(angle)
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
}

function isInGamut(colour: Colour): boolean {
  return toLinear(colour).every((channel) => channel > -0.002 && channel < 1.002)
}

/** WCAG 2.2 contrast ratio. */
function contrast(one: Colour, other: Colour): number {
  const luminance = (colour: Colour) => {
    const [r, g, b] = toLinear(colour).map((channel) => Math.min(1, Math.max(0, channel))) as [
      number,
      number,
      number,
    ]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const [high, low] = [luminance(one), luminance(other)].sort((x, y) => y - x) as [number, number]
  return (high + 0.05) / (low + 0.05)
}

const roles = readTokens(':root')
const grounds = ['--ground', '--surface', '--raised', '--sunken']

function token(tokens: Map<string, Record<Look, Colour>>, name: string, look: Look): Colour {
  const found = tokens.get(name)
  if (found === undefined) throw new Error(`look.css has no ${name}`)
  return found[look]
}

test('the contrast of black on white is 21 and of equal colours 1', () => {
  expect(contrast([1, 0, 0], [0, 0, 0])).toBeCloseTo(21, 1)
  expect(contrast([0.5, 0.1, 30], [0.5, 0.1, 30])).toBe(1)
})

for (const look of looks) {
  test(`text and state colours pass AA on every ${look} ground`, () => {
    for (const name of ['--text', '--text-soft', '--good', '--warn', '--bad']) {
      for (const ground of grounds) {
        const ratio = contrast(token(roles, name, look), token(roles, ground, look))
        expect.soft(ratio, `${name} on ${ground}`).toBeGreaterThanOrEqual(4.5)
      }
    }
    for (const state of ['good', 'warn', 'bad']) {
      for (const text of ['--text', `--${state}`]) {
        const ratio = contrast(token(roles, text, look), token(roles, `--${state}-soft`, look))
        expect.soft(ratio, `${text} on --${state}-soft`).toBeGreaterThanOrEqual(4.5)
      }
    }
    for (const ground of grounds) {
      const ratio = contrast(token(roles, '--line-strong', look), token(roles, ground, look))
      expect.soft(ratio, `the edge of a field on ${ground}`).toBeGreaterThanOrEqual(3)
    }
  })

  for (const accent of accents) {
    test(`accent ${accent} passes AA in the ${look} look`, () => {
      const tokens = readTokens(`[data-accent='${accent}']`)
      const of = (name: string) => token(tokens, name, look)
      for (const ground of grounds) {
        expect
          .soft(contrast(of('--accent'), token(roles, ground, look)), `on ${ground}`)
          .toBeGreaterThanOrEqual(4.5)
      }
      expect
        .soft(contrast(of('--accent-text'), of('--accent')), 'text on the accent')
        .toBeGreaterThanOrEqual(4.5)
      for (const tone of ['--accent-tone', '--accent-soft']) {
        for (const text of ['--text', '--text-soft']) {
          expect
            .soft(contrast(token(roles, text, look), of(tone)), `${text} on ${tone}`)
            .toBeGreaterThanOrEqual(4.5)
        }
        expect.soft(contrast(of('--accent'), of(tone)), `accent on ${tone}`).toBeGreaterThanOrEqual(4.5)
      }
      for (const name of ['--accent', '--accent-text', '--accent-tone', '--accent-soft']) {
        expect.soft(isInGamut(of(name)), `${name} can be shown by every screen`).toBe(true)
      }
    })
  }

  test(`the tints of people pass AA in the ${look} look`, () => {
    for (const tint of tints) {
      const tokens = readTokens(`[data-tint='${tint}']`)
      const of = (name: string) => token(tokens, name, look)
      expect
        .soft(contrast(of('--tint-text'), of('--tint')), `initials, tint ${tint}`)
        .toBeGreaterThanOrEqual(4.5)
      for (const ground of ['--ground', '--surface', '--raised']) {
        const ratio = contrast(of('--tint-name'), token(roles, ground, look))
        expect.soft(ratio, `name on ${ground}, tint ${tint}`).toBeGreaterThanOrEqual(4.5)
      }
    }
  })
}

test('what the browser draws itself takes on the accent wherever it changes', () => {
  const base = readFileSync(join(import.meta.dirname, 'base.css'), 'utf8')
  const rules = [...base.matchAll(/([^{}]*)\{[^{}]*accent-color: var\(--accent\)/g)]
  expect(rules.map(([, selector]) => selector)).toEqual([expect.stringMatching(/\[data-accent\]\s*$/)])
})

test('the browser’s own frame has the colour of the surface below it, in both looks', () => {
  const html = readFileSync(join(import.meta.dirname, '../../index.html'), 'utf8')
  const toHex = (colour: Colour) => {
    // The transfer function of sRGB, CSS Color 4, section 10.
    const channels = toLinear(colour).map((x) =>
      x <= 0.0031308 ? 12.92 * x : 1.055 * x ** (1 / 2.4) - 0.055,
    )
    return `#${channels
      .map((x) =>
        Math.round(255 * x)
          .toString(16)
          .padStart(2, '0'),
      )
      .join('')}`
  }
  for (const look of looks) {
    const colour = toHex(token(roles, '--surface', look))
    expect(html).toContain(
      `<meta name="theme-color" content="${colour}" media="(prefers-color-scheme: ${look})" data-look="${look}" />`,
    )
  }
})
