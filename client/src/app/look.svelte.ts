export const lookKey = 'clique.look'

export type LookChoice = 'device' | 'light' | 'dark'

/** Light, dark, or as the device has it. Kept in this browser; `look.css` does the rest. */
class Look {
  choice = $state<LookChoice>('device')

  /** Once, before the first paint. */
  restore(): void {
    this.choice = keptChoice()
    this.#show()
  }

  use(choice: LookChoice): void {
    this.choice = choice
    this.#show()
    try {
      localStorage.setItem(lookKey, choice)
    } catch (error) {
      // A browser that keeps nothing still shows the look until the page is closed.
      console.warn('The choice of look could not be kept.', error)
    }
  }

  #show(): void {
    const { dataset } = document.documentElement
    if (this.choice === 'device') delete dataset['look']
    else dataset['look'] = this.choice
    // The browser's own frame follows: each colour is for the device's light or dark, unless one was chosen.
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
      const own = meta.dataset['look']
      const device = `(prefers-color-scheme: ${own})`
      meta.media = this.choice === 'device' ? device : this.choice === own ? 'all' : 'not all'
    }
  }
}

function keptChoice(): LookChoice {
  try {
    const kept = localStorage.getItem(lookKey)
    return kept === 'light' || kept === 'dark' ? kept : 'device'
  } catch {
    return 'device'
  }
}

export const look = new Look()
