package io.plumbline.flinkjobs.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.flinkjobs.config.ConfigurationException;
import io.plumbline.flinkjobs.config.JobConfiguration;
import io.plumbline.flinkjobs.config.SettingsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubmittedJobTest {
  @TempDir private Path folder;

  @Test
  void aSettingsFileMakesTheProductionTopologyWithEveryUid() throws Exception {
    Path file =
        write(
            """
            kafka.bootstrap-servers=kafka:9092
            checkpoint.directory=file:///kept
            signatures.location=file:///signatures
            parallelism=3
            """);
    JobConfiguration job = JobConfiguration.of(SettingsFile.read(file));
    assertThat(job.parallelism()).isEqualTo(3);
    assertThat(AnalysisJob.environment(job, Optional.empty()).getStreamGraph().getStreamNodes())
        .extracting(StreamNode::getTransformationUID)
        .contains(OperatorId.ANALYSIS.uid(), OperatorId.OBSERVATIONS.uid());
  }

  @Test
  void wrongSettingsAreRefusedBeforeAnythingIsSubmitted() throws Exception {
    String file = write("parallelism=many\n").toString();
    assertThatThrownBy(() -> SubmittedJob.main(new String[] {file}))
        .isInstanceOf(ConfigurationException.class)
        .hasMessageContaining("parallelism")
        .hasMessageContaining("kafka.bootstrap-servers");
    assertThatThrownBy(() -> SubmittedJob.main(new String[0]))
        .hasMessageContaining("expected one properties file, found 0");
  }

  @Test
  void aFileThatIsNoPropertiesFileIsNamed() throws Exception {
    Path file = write("key=\\uzzzz\n");
    assertThatThrownBy(() -> SettingsFile.read(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString());
  }

  private Path write(String settings) throws IOException {
    return Files.writeString(folder.resolve("job.properties"), settings);
  }
}
