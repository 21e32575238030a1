print("azure-monitor")
