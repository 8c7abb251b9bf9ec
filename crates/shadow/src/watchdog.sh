# Outlives the process that owns the cluster directory $1, however that process ends, and leaves nothing of the cluster.
# On standard input comes the process group that runs there now, or `done`; the end of input means that the owner is gone.
group=
while read -r line; do
    case $line in
        done) exit 0 ;;
        *) group=$line ;;
    esac
done
if [ -n "$group" ] && kill -s QUIT -- "-$group" 2>/dev/null; then # an immediate shutdown: pg_ctl(1)
    tries=0
    while kill -s 0 -- "-$group" 2>/dev/null && [ "$tries" -lt 100 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
    kill -s KILL -- "-$group" 2>/dev/null
fi
rm -rf -- "$1"
