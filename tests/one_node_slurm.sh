#!/usr/bin/env bash
# Start a Slurm of one node, this machine, below a folder: nothing outside it is written.
#
#     tests/one_node_slurm.sh FOLDER && export SLURM_CONF=FOLDER/slurm.conf
#
# Needs root and Debian's slurmctld, slurmd, slurm-client and munge. FOLDER/*.pid are to be killed in the end.
set -euo pipefail
mkdir -p "$1" && folder=$(cd "$1" && pwd) && chmod 755 "$folder" && mkdir -p "$folder"/{state,spool}
host=$(hostname -s)
head -c 1024 /dev/urandom >"$folder/munge.key" && chmod 400 "$folder/munge.key"
munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --seed-file="$folder/munge.seed" \
    --log-file="$folder/munge.log" --pid-file="$folder/munge.pid"
cat >"$folder/slurm.conf" <<END
ClusterName=one
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 RealMemory=4000
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
slurmctld -f "$folder/slurm.conf" && slurmd -f "$folder/slurm.conf"
SLURM_CONF=$folder/slurm.conf timeout 60 srun true
