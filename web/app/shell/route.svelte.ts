import { parsePlace, placeLink } from './place.ts'
import type { Place } from './place.ts'

let place: Place = $state.raw(parsePlace(location.hash))

function follow(): void {
  place = parsePlace(location.hash)
}
addEventListener('hashchange', follow)
addEventListener('popstate', follow)

/** Where the app is now. */
export function here(): Place {
  return place
}

/** Goes to a place. `replace` leaves no step behind for the back button. */
export function go(to: Place, replace = false): void {
  const link = placeLink(to)
  if (link === placeLink(place)) return
  if (replace) history.replaceState(null, '', link)
  else history.pushState(null, '', link)
  place = parsePlace(link)
}
