module meridiancache.io/tools/kube/pause

go 1.26.0
