import { readRoute, writeRoute, type Route } from './routes.ts'

type WritableRoute = Exclude<Route, { kind: 'permission' }>

/** The address as a reactive route. Links change it by themselves; `go` is for what follows from something else. */
export class Router {
  #route = $state.raw(readRoute(location.hash))

  constructor() {
    addEventListener('hashchange', this.#read)
  }

  get route(): Route {
    return this.#route
  }

  /** With `replace` the present address is forgotten, so that Back does not lead to it again. */
  go(route: WritableRoute, { replace = false } = {}): void {
    const hash = writeRoute(route)
    if (replace) history.replaceState(null, '', hash)
    else history.pushState(null, '', hash)
    this.#route = route
  }

  close(): void {
    removeEventListener('hashchange', this.#read)
  }

  readonly #read = (): void => {
    this.#route = readRoute(location.hash)
  }
}
