import type { Meaning } from './answers/answers.ts'
import type { Current } from './answers/state.ts'
import { developersPage } from './pages/developers.ts'
import { ofWholeState, pagePolicy, pathOf } from './question.ts'

/** The page for whoever programs. */
export function developersPageMeaning(current: Current): Meaning {
  const address = current.addresses.developers()
  return {
    key: address,
    address,
    subject: { kind: 'page', path: pathOf(address) },
    renderedAs: 'html',
    contentType: 'text/html; charset=utf-8',
    headers: () => ({ 'content-security-policy': pagePolicy }),
    ...ofWholeState(current, async () => String(await developersPage(current))),
  }
}
