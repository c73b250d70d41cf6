/** Why a command ends without having done what it was asked for: a sentence for whoever asked. */
export class NotDone extends Error {
  /** 1: a problem was found, or something failed. 2: the command was used wrongly. 130: interrupted. */
  readonly exitCode: 1 | 2 | 130

  constructor(sentence: string, exitCode: 1 | 2 | 130 = 1) {
    super(sentence)
    this.exitCode = exitCode
  }
}
