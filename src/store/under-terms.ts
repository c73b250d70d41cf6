/**
 * The query for the releases that meet a condition, each with every term that it is found under, perhaps more than once.
 * A publisher is named as the release names it. The condition stands in each part, because SQLite would not take it
 * inside from around them.
 */
export function selectTerms(condition: string): string {
  return `select release.key, release.language, broader as term
    from release cross join json_each(release.document, '$.topics') as named
    join topic_broader on topic_broader.topic = named.value where ${condition}
    union all
    select release.key, release.language, 'by:' || (release.document ->> '$.publisher')
    from release where ${condition}
    union all
    select release.key, release.language, 'kind:' || (release.document ->> '$.kind')
    from release where ${condition}`
}
