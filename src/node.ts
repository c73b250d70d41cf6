// The entry in TypeScript, for Deno and Bun.
import './start.js'
