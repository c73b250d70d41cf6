// A Worker that makes the calls it is told to make, for `worker-caller.test.ts`.
import { WorkerCaller } from '../src/worker-caller.ts'
import { readAllowList } from '../src/websub/callback-address.ts'
import type { CallRequest } from '../src/websub/caller.ts'

/** A call in JSON, with the body as text, and HUB_ALLOW. */
export type ToldCall = Omit<CallRequest, 'body'> & { body?: string; allow: string }

export default {
  async fetch(request: Request): Promise<Response> {
    const { allow, body, ...call } = (await request.json()) as ToldCall
    const rules = { ownHost: 'releases.example.org', allowed: readAllowList(allow) }
    const bytes = body === undefined ? {} : { body: new TextEncoder().encode(body) }
    return Response.json(await new WorkerCaller(rules).call({ ...call, ...bytes }))
  },
}
