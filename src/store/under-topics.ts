/** Each release with every topic that it is found under as `broader`, perhaps more than once. */
export const releasesUnderTopics = `release cross join json_each(release.document, '$.topics') as named
  join topic_broader on topic_broader.topic = named.value`
