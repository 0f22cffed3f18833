"""A Kafka and a Flink cluster of several processes on one machine, with the analysis job on them."""
